package main

import (
	"context"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"

	"weirhouse/conformance/loop"
)

var mechanisms = map[string]kadm.ScramMechanism{
	"SCRAM-SHA-256": kadm.ScramSha256,
	"SCRAM-SHA-512": kadm.ScramSha512,
}

var administration = map[string]step{
	"create-topic": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		answers, err := admin.CreateTopics(ctx, ask.Partitions, 1, ask.Configs, ask.Topic)
		if err != nil {
			return nil, err
		}
		return nil, answers.Error()
	},
	"grow-topic": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		answers, err := admin.UpdatePartitions(ctx, int(ask.Partitions), ask.Topic)
		if err != nil {
			return nil, err
		}
		return nil, answers.Error()
	},
	"delete-topic": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		answers, err := admin.DeleteTopics(ctx, ask.Topic)
		if err != nil {
			return nil, err
		}
		return nil, answers.Error()
	},
	"describe-topic": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		topics, err := admin.ListTopics(ctx, ask.Topic)
		return loop.Map{"partitions": len(topics[ask.Topic].Partitions)}, err
	},
	"list-topics": func(ctx context.Context, admin *kadm.Client, _ loop.Ask) (any, error) {
		topics, err := admin.ListTopics(ctx)
		return loop.Map{"topics": topics.Names()}, err
	},
	"commit": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		var offsets kadm.Offsets
		for partition, offset := range ask.Offsets {
			offsets.AddOffset(ask.Topic, partition, offset, -1)
		}
		answers, err := admin.CommitOffsets(ctx, ask.Group, offsets)
		if err != nil {
			return nil, err
		}
		return nil, answers.Error()
	},
	"committed": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		answers, err := admin.FetchOffsets(ctx, ask.Group)
		offsets := map[int32]int64{}
		for partition, each := range answers[ask.Topic] {
			offsets[partition] = each.At
		}
		return loop.Map{"offsets": offsets}, err
	},
	"offsets-at": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		answers, err := admin.ListOffsetsAfterMilli(ctx, ask.Timestamp, ask.Topic)
		offsets := map[int32]int64{}
		for partition, each := range answers[ask.Topic] {
			offsets[partition] = each.Offset
		}
		return loop.Map{"offsets": offsets}, err
	},
	"groups": func(ctx context.Context, admin *kadm.Client, _ loop.Ask) (any, error) {
		groups, err := admin.ListGroups(ctx)
		return loop.Map{"groups": groups.Groups()}, err
	},
	"describe-group": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		groups, err := admin.DescribeGroups(ctx, ask.Group)
		group := groups[ask.Group]
		return loop.Map{"state": group.State, "members": len(group.Members)}, err
	},
	"delete-group": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		answer, err := admin.DeleteGroup(ctx, ask.Group)
		if err != nil {
			return nil, err
		}
		return nil, answer.Err
	},
	"cluster": func(ctx context.Context, admin *kadm.Client, _ loop.Ask) (any, error) {
		metadata, err := admin.BrokerMetadata(ctx)
		return loop.Map{"id": metadata.Cluster, "brokers": metadata.Brokers.NodeIDs()}, err
	},
	"topic-configs": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		resources, err := admin.DescribeTopicConfigs(ctx, ask.Topic)
		configs := map[string]string{}
		for _, resource := range resources {
			for _, each := range resource.Configs {
				configs[each.Key] = each.MaybeValue()
			}
		}
		return loop.Map{"configs": configs}, err
	},
	"set-topic-config": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		value := ask.Value.(string)
		change := kadm.AlterConfig{Op: kadm.SetConfig, Name: ask.Name, Value: &value}
		answers, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{change}, ask.Topic)
		if err != nil {
			return nil, err
		}
		return nil, answers[0].Err
	},
	"delete-records": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		var offsets kadm.Offsets
		offsets.AddOffset(ask.Topic, ask.Partition, ask.Before, -1)
		answers, err := admin.DeleteRecords(ctx, offsets)
		if err != nil {
			return nil, err
		}
		return nil, answers.Error()
	},
	"acl-create": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		answers, err := admin.CreateACLs(ctx, builder(ask.Acl))
		if err != nil {
			return nil, err
		}
		return nil, answers[0].Err
	},
	"acl-delete": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		answers, err := admin.DeleteACLs(ctx, builder(ask.Acl))
		if err != nil {
			return nil, err
		}
		return nil, answers[0].Err
	},
	"acls": acls,
	"user-create": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		user := kadm.UpsertSCRAM{
			User: ask.Name, Mechanism: mechanisms[ask.Mechanism], Iterations: 4096, Password: ask.Password,
		}
		answers, err := admin.AlterUserSCRAMs(ctx, nil, []kadm.UpsertSCRAM{user})
		if err != nil {
			return nil, err
		}
		return nil, answers[ask.Name].Err
	},
	"users": func(ctx context.Context, admin *kadm.Client, _ loop.Ask) (any, error) {
		found, err := admin.DescribeUserSCRAMs(ctx)
		users := map[string][]string{}
		for name, user := range found {
			for _, info := range user.CredInfos {
				users[name] = append(users[name], info.Mechanism.String())
			}
		}
		return loop.Map{"users": users}, err
	},
	"quota-set": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		entity := kadm.ClientQuotaEntity{{Type: "user", Name: &ask.User}}
		ops := []kadm.AlterClientQuotaOp{{Key: ask.Key, Value: ask.Value.(float64)}}
		answers, err := admin.AlterClientQuotas(ctx, []kadm.AlterClientQuotaEntry{{Entity: entity, Ops: ops}})
		if err != nil {
			return nil, err
		}
		return nil, answers[0].Err
	},
	"quotas": func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
		found, err := admin.DescribeClientQuotas(ctx, false, []kadm.DescribeClientQuotaComponent{
			{Type: "user", MatchName: &ask.User, MatchType: kmsg.QuotasMatchTypeExact},
		})
		quotas := map[string]float64{}
		for _, each := range found {
			for _, value := range each.Values {
				quotas[value.Key] = value.Value
			}
		}
		return loop.Map{"quotas": quotas}, err
	},
}

func builder(acl loop.Acl) *kadm.ACLBuilder {
	operations := map[string]kadm.ACLOperation{
		"read": kadm.OpRead, "write": kadm.OpWrite, "describe": kadm.OpDescribe,
	}
	patterns := map[string]kadm.ACLPattern{
		"literal": kadm.ACLPatternLiteral, "prefixed": kadm.ACLPatternPrefixed,
	}
	built := kadm.NewACLs().Operations(operations[acl.Operation]).ResourcePatternType(patterns[acl.Pattern])
	if acl.Resource == "topic" {
		built.Topics(acl.Name)
	} else {
		built.Groups(acl.Name)
	}
	if acl.Permission == "allow" {
		return built.Allow(acl.Principal).AllowHosts("*")
	}
	return built.Deny(acl.Principal).DenyHosts("*")
}

func acls(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error) {
	named := kadm.NewACLs().AnyResource(ask.Name).Operations(kadm.OpAny).
		ResourcePatternType(kadm.ACLPatternAny).Allow().AllowHosts().Deny().DenyHosts()
	results, err := admin.DescribeACLs(ctx, named)
	found := map[loop.Acl]bool{}
	for _, result := range results {
		for _, each := range result.Described {
			found[loop.Acl{
				Principal:  each.Principal,
				Resource:   strings.ToLower(each.Type.String()),
				Name:       each.Name,
				Pattern:    strings.ToLower(each.Pattern.String()),
				Operation:  strings.ToLower(each.Operation.String()),
				Permission: strings.ToLower(each.Permission.String()),
			}] = true
		}
	}
	list := []loop.Acl{}
	for each := range found {
		list = append(list, each)
	}
	return loop.Map{"acls": list}, err
}
