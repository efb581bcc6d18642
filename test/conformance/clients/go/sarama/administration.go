package main

import (
	"strings"

	"github.com/IBM/sarama"

	"weirhouse/conformance/loop"
)

var administration = map[string]step{
	"create-topic": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		detail := &sarama.TopicDetail{NumPartitions: ask.Partitions, ReplicationFactor: 1, ConfigEntries: ask.Configs}
		return nil, admin.CreateTopic(ask.Topic, detail, false)
	},
	"grow-topic": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		return nil, admin.CreatePartitions(ask.Topic, ask.Partitions, nil, false)
	},
	"delete-topic": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		return nil, admin.DeleteTopic(ask.Topic)
	},
	"describe-topic": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		topics, err := admin.DescribeTopics([]string{ask.Topic})
		if err != nil {
			return nil, err
		}
		return loop.Map{"partitions": len(topics[0].Partitions)}, nil
	},
	"list-topics": func(admin sarama.ClusterAdmin, _ loop.Ask) (any, error) {
		topics, err := admin.ListTopics()
		names := []string{}
		for name := range topics {
			names = append(names, name)
		}
		return loop.Map{"topics": names}, err
	},
	"commit": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		offsets := map[int32]sarama.OffsetAndMetadata{}
		for partition, offset := range ask.Offsets {
			offsets[partition] = sarama.OffsetAndMetadata{Offset: offset, LeaderEpoch: -1}
		}
		topics := map[string]map[int32]sarama.OffsetAndMetadata{ask.Topic: offsets}
		_, err := admin.AlterConsumerGroupOffsets(ask.Group, topics, nil)
		return nil, err
	},
	"committed": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		answer, err := admin.ListConsumerGroupOffsets(ask.Group, nil)
		if err != nil {
			return nil, err
		}
		offsets := map[int32]int64{}
		for partition, block := range answer.Blocks[ask.Topic] {
			offsets[partition] = block.Offset
		}
		return loop.Map{"offsets": offsets}, nil
	},
	"offsets-at": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		times := map[string]map[int32]int64{ask.Topic: {0: ask.Timestamp}}
		found, err := admin.ListOffsets(times, nil)
		offsets := map[int32]int64{}
		for partition, result := range found[ask.Topic] {
			offsets[partition] = result.Offset
		}
		return loop.Map{"offsets": offsets}, err
	},
	"groups": func(admin sarama.ClusterAdmin, _ loop.Ask) (any, error) {
		groups, err := admin.ListConsumerGroups()
		names := []string{}
		for name := range groups {
			names = append(names, name)
		}
		return loop.Map{"groups": names}, err
	},
	"describe-group": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		groups, err := admin.DescribeConsumerGroups([]string{ask.Group})
		if err != nil {
			return nil, err
		}
		return loop.Map{"state": groups[0].State, "members": len(groups[0].Members)}, nil
	},
	"delete-group": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		return nil, admin.DeleteConsumerGroup(ask.Group)
	},
	"topic-configs": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: ask.Topic})
		configs := map[string]string{}
		for _, each := range entries {
			configs[each.Name] = each.Value
		}
		return loop.Map{"configs": configs}, err
	},
	"set-topic-config": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		value := ask.Value.(string)
		entry := sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}
		entries := map[string]sarama.IncrementalAlterConfigsEntry{ask.Name: entry}
		return nil, admin.IncrementalAlterConfig(sarama.TopicResource, ask.Topic, entries, false)
	},
	"delete-records": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		return nil, admin.DeleteRecords(ask.Topic, map[int32]int64{ask.Partition: ask.Before})
	},
	"acl-create": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		resource := sarama.Resource{
			ResourceType: resourceType(ask.Resource), ResourceName: ask.Name, ResourcePatternType: pattern(ask.Pattern),
		}
		return nil, admin.CreateACL(resource, sarama.Acl{
			Principal: ask.Principal, Host: "*", Operation: operation(ask.Operation), PermissionType: permission(ask.Permission),
		})
	},
	"acl-delete": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		_, err := admin.DeleteACL(sarama.AclFilter{
			ResourceType:              resourceType(ask.Resource),
			ResourceName:              &ask.Name,
			ResourcePatternTypeFilter: pattern(ask.Pattern),
			Principal:                 &ask.Principal,
			Operation:                 operation(ask.Operation),
			PermissionType:            permission(ask.Permission),
		}, false)
		return nil, err
	},
	"acls": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		resources, err := admin.ListAcls(sarama.AclFilter{
			ResourceType:              sarama.AclResourceAny,
			ResourceName:              &ask.Name,
			ResourcePatternTypeFilter: sarama.AclPatternAny,
			Operation:                 sarama.AclOperationAny,
			PermissionType:            sarama.AclPermissionAny,
		})
		list := []loop.Acl{}
		for _, resource := range resources {
			for _, each := range resource.Acls {
				list = append(list, loop.Acl{
					Principal:  each.Principal,
					Resource:   strings.ToLower(resource.ResourceType.String()),
					Name:       resource.ResourceName,
					Pattern:    strings.ToLower(resource.ResourcePatternType.String()),
					Operation:  strings.ToLower(each.Operation.String()),
					Permission: strings.ToLower(each.PermissionType.String()),
				})
			}
		}
		return loop.Map{"acls": list}, err
	},
	"user-create": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		results, err := admin.UpsertUserScramCredentials([]sarama.AlterUserScramCredentialsUpsert{{
			Name: ask.Name, Mechanism: mechanism(ask.Mechanism), Iterations: 4096,
			Salt: []byte("a salt of its own"), Password: []byte(ask.Password),
		}})
		if err == nil && results[0].ErrorCode != sarama.ErrNoError {
			err = results[0].ErrorCode
		}
		return nil, err
	},
	"users": func(admin sarama.ClusterAdmin, _ loop.Ask) (any, error) {
		found, err := admin.DescribeUserScramCredentials(nil)
		users := map[string][]string{}
		for _, user := range found {
			for _, info := range user.CredentialInfos {
				users[user.User] = append(users[user.User], info.Mechanism.String())
			}
		}
		return loop.Map{"users": users}, err
	},
	"quota-set": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		entity := []sarama.QuotaEntityComponent{
			{EntityType: sarama.QuotaEntityUser, MatchType: sarama.QuotaMatchExact, Name: ask.User},
		}
		return nil, admin.AlterClientQuotas(entity, sarama.ClientQuotasOp{Key: ask.Key, Value: ask.Value.(float64)}, false)
	},
	"quotas": func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error) {
		found, err := admin.DescribeClientQuotas([]sarama.QuotaFilterComponent{
			{EntityType: sarama.QuotaEntityUser, MatchType: sarama.QuotaMatchExact, Match: ask.User},
		}, false)
		quotas := map[string]float64{}
		for _, each := range found {
			for key, value := range each.Values {
				quotas[key] = value
			}
		}
		return loop.Map{"quotas": quotas}, err
	},
}

func resourceType(name string) sarama.AclResourceType {
	if name == "topic" {
		return sarama.AclResourceTopic
	}
	return sarama.AclResourceGroup
}

func pattern(name string) sarama.AclResourcePatternType {
	if name == "literal" {
		return sarama.AclPatternLiteral
	}
	return sarama.AclPatternPrefixed
}

func operation(name string) sarama.AclOperation {
	return map[string]sarama.AclOperation{
		"read": sarama.AclOperationRead, "write": sarama.AclOperationWrite, "describe": sarama.AclOperationDescribe,
	}[name]
}

func permission(name string) sarama.AclPermissionType {
	if name == "allow" {
		return sarama.AclPermissionAllow
	}
	return sarama.AclPermissionDeny
}

func mechanism(name string) sarama.ScramMechanismType {
	if name == "SCRAM-SHA-256" {
		return sarama.SCRAM_MECHANISM_SHA_256
	}
	return sarama.SCRAM_MECHANISM_SHA_512
}
