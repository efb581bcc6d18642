// Drives sarama.
package main

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/xdg-go/scram"

	"weirhouse/conformance/loop"
)

var (
	members   loop.Members
	producers sync.Map
)

func main() {
	operations := map[string]loop.Operation{
		"produce":      produce,
		"read":         read,
		"member-start": startMember,
		"member-state": members.State,
		"member-stop":  members.End,
		"txn-open":     openTransactional,
		"txn-begin":    onProducer(func(producer sarama.SyncProducer, _ loop.Ask) error { return producer.BeginTxn() }),
		"txn-send":     onProducer(send),
		"txn-offsets":  onProducer(sendOffsets),
		"txn-commit":   onProducer(func(producer sarama.SyncProducer, _ loop.Ask) error { return producer.CommitTxn() }),
		"txn-abort":    onProducer(func(producer sarama.SyncProducer, _ loop.Ask) error { return producer.AbortTxn() }),
		"txn-close":    onProducer(func(producer sarama.SyncProducer, _ loop.Ask) error { return producer.Close() }),
	}
	for name, step := range administration {
		operations[name] = administer(step)
	}
	loop.Serve("github.com/IBM/sarama", operations)
}

// The client leaves the conversation of SCRAM to its user.
type conversation struct {
	hash scram.HashGeneratorFcn
	*scram.ClientConversation
}

func (c *conversation) Begin(user, password, authzID string) error {
	client, err := c.hash.NewClient(user, password, authzID)
	if err == nil {
		c.ClientConversation = client.NewConversation()
	}
	return err
}

type token string

func (t token) Token() (*sarama.AccessToken, error) {
	return &sarama.AccessToken{Token: string(t)}, nil
}

func settings(on loop.Connection) (*sarama.Config, error) {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.ClientID = "conformance"
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Consumer.MaxWaitTime = 100 * time.Millisecond
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Metadata.Retry.Max = 10
	tls, err := on.TLS()
	if err != nil {
		return nil, err
	}
	config.Net.TLS.Enable, config.Net.TLS.Config = tls != nil, tls
	config.Net.SASL.Enable = on.Mechanism != ""
	config.Net.SASL.Mechanism = sarama.SASLMechanism(on.Mechanism)
	config.Net.SASL.User, config.Net.SASL.Password = on.Username, on.Password
	config.Net.SASL.TokenProvider = token(on.Token)
	hash := scram.HashGeneratorFcn(sha256.New)
	if on.Mechanism == sarama.SASLTypeSCRAMSHA512 {
		hash = sha512.New
	}
	config.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient { return &conversation{hash: hash} }
	return config, nil
}

func produce(ask loop.Ask) (any, error) {
	config, err := settings(ask.On)
	if err != nil {
		return nil, err
	}
	config.Producer.MaxMessageBytes = 10_000_000
	config.Producer.Compression = map[string]sarama.CompressionCodec{
		"gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy,
		"lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
	}[ask.Codec]
	if ask.Idempotent {
		config.Producer.Idempotent = true
		config.Net.MaxOpenRequests = 1
	}
	if len(ask.Records) > 0 && ask.Records[0].Partition != nil {
		config.Producer.Partitioner = sarama.NewManualPartitioner
	}
	producer, err := sarama.NewSyncProducer([]string{ask.On.Bootstrap}, config)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	return nil, send(producer, ask)
}

func send(producer sarama.SyncProducer, ask loop.Ask) error {
	var messages []*sarama.ProducerMessage
	for _, each := range ask.Records {
		message := &sarama.ProducerMessage{Topic: ask.Topic}
		if each.Key != nil {
			message.Key = sarama.StringEncoder(*each.Key)
		}
		if each.Value != nil {
			message.Value = sarama.StringEncoder(*each.Value)
		}
		if each.Partition != nil {
			message.Partition = *each.Partition
		}
		if each.Timestamp != 0 {
			message.Timestamp = time.UnixMilli(each.Timestamp)
		}
		for _, header := range each.Headers {
			message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(header[0]), Value: []byte(header[1])})
		}
		messages = append(messages, message)
	}
	err := producer.SendMessages(messages)
	var failures sarama.ProducerErrors
	if errors.As(err, &failures) && len(failures) > 0 {
		return failures[0].Err
	}
	return err
}

func read(ask loop.Ask) (any, error) {
	config, err := settings(ask.On)
	if err != nil {
		return nil, err
	}
	if ask.Committed {
		config.Consumer.IsolationLevel = sarama.ReadCommitted
	}
	consumer, err := sarama.NewConsumer([]string{ask.On.Bootstrap}, config)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	partitions, err := consumer.Partitions(ask.Topic)
	if err != nil {
		return nil, err
	}
	messages := make(chan *sarama.ConsumerMessage, 1000)
	done := make(chan struct{})
	defer close(done)
	for _, partition := range partitions {
		reader, err := consumer.ConsumePartition(ask.Topic, partition, sarama.OffsetOldest)
		if err != nil {
			return nil, err
		}
		defer reader.AsyncClose()
		go func() {
			for message := range reader.Messages() {
				select {
				case messages <- message:
				case <-done:
					return
				}
			}
		}()
	}
	records := []loop.Record{}
	for deadline := time.After(loop.Read); ; {
		var quiet <-chan time.Time
		if len(records) >= ask.Count {
			quiet = time.After(loop.Quiet)
		}
		select {
		case message := <-messages:
			records = append(records, incoming(message))
		case <-quiet:
			return loop.Map{"records": records}, nil
		case <-deadline:
			return loop.Map{"records": records}, nil
		}
	}
}

func incoming(message *sarama.ConsumerMessage) loop.Record {
	headers := [][2]string{}
	for _, header := range message.Headers {
		headers = append(headers, [2]string{string(header.Key), string(header.Value)})
	}
	return loop.Record{
		Partition: &message.Partition, Offset: message.Offset, Key: loop.Text(message.Key),
		Value: loop.Text(message.Value), Headers: headers, Timestamp: message.Timestamp.UnixMilli(),
	}
}

// Claims of a member are noted as each starts and ends, which is so for eager and for cooperative assignors.
type handler struct {
	member *loop.Member
}

func (h handler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (h handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (h handler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	held := map[string][]int32{claim.Topic(): {claim.Partition()}}
	h.member.Gain(held)
	defer h.member.Lose(held)
	for message := range claim.Messages() {
		h.member.Saw(message.Value)
		session.MarkMessage(message, "")
	}
	return nil
}

func startMember(ask loop.Ask) (any, error) {
	config, err := settings(ask.On)
	if err != nil {
		return nil, err
	}
	config.Consumer.Offsets.AutoCommit.Interval = 200 * time.Millisecond
	config.Consumer.Group.Session.Timeout = time.Duration(ask.SessionTimeoutMs) * time.Millisecond
	config.Consumer.Group.Heartbeat.Interval = 300 * time.Millisecond
	config.Consumer.Group.Rebalance.Timeout = 10 * time.Second
	config.Consumer.Group.InstanceId = ask.InstanceId
	strategy := sarama.NewBalanceStrategyRange()
	if ask.Assignor == sarama.CooperativeStickyBalanceStrategyName {
		strategy = sarama.NewBalanceStrategyCooperativeSticky()
	}
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy}
	group, err := sarama.NewConsumerGroup([]string{ask.On.Bootstrap}, ask.Group, config)
	if err != nil {
		return nil, err
	}
	member := members.Add(ask.Member)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	member.Stop = func() { cancel(); <-done }
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if group.Consume(ctx, ask.Topics, handler{member}) != nil {
				time.Sleep(100 * time.Millisecond)
			}
		}
		group.Close()
	}()
	return nil, nil
}

func openTransactional(ask loop.Ask) (any, error) {
	config, err := settings(ask.On)
	if err != nil {
		return nil, err
	}
	config.Producer.Idempotent = true
	config.Producer.Transaction.ID = ask.TransactionalId
	config.Net.MaxOpenRequests = 1
	producer, err := sarama.NewSyncProducer([]string{ask.On.Bootstrap}, config)
	if err != nil {
		return nil, err
	}
	producers.Store(ask.Producer, producer)
	return nil, nil
}

func onProducer(step func(sarama.SyncProducer, loop.Ask) error) loop.Operation {
	return func(ask loop.Ask) (any, error) {
		found, known := producers.Load(ask.Producer)
		if !known {
			return nil, fmt.Errorf("no producer %s", ask.Producer)
		}
		return nil, step(found.(sarama.SyncProducer), ask)
	}
}

func sendOffsets(producer sarama.SyncProducer, ask loop.Ask) error {
	var offsets []*sarama.PartitionOffsetMetadata
	for partition, offset := range ask.Offsets {
		offsets = append(offsets, &sarama.PartitionOffsetMetadata{Partition: partition, Offset: offset, LeaderEpoch: -1})
	}
	return producer.AddOffsetsToTxn(map[string][]*sarama.PartitionOffsetMetadata{ask.Topic: offsets}, ask.Group)
}

type step func(admin sarama.ClusterAdmin, ask loop.Ask) (any, error)

func administer(run step) loop.Operation {
	return func(ask loop.Ask) (any, error) {
		config, err := settings(ask.On)
		if err != nil {
			return nil, err
		}
		admin, err := sarama.NewClusterAdmin([]string{ask.On.Bootstrap}, config)
		if err != nil {
			return nil, err
		}
		defer admin.Close()
		return run(admin, ask)
	}
}
