// Drives franz-go.
package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"weirhouse/conformance/loop"
)

const wait = 20 * time.Second

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
		"txn-begin":    onProducer(func(client *kgo.Client, _ loop.Ask) error { return client.BeginTransaction() }),
		"txn-send":     onProducer(send),
		"txn-offsets":  onProducer(sendOffsets),
		"txn-commit":   onProducer(end(kgo.TryCommit)),
		"txn-abort":    onProducer(end(kgo.TryAbort)),
		"txn-close":    onProducer(func(client *kgo.Client, _ loop.Ask) error { client.Close(); return nil }),
	}
	for name, step := range administration {
		operations[name] = administer(step)
	}
	loop.Serve("github.com/twmb/franz-go", operations)
}

func within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), wait)
}

func connect(on loop.Connection, more ...kgo.Opt) (*kgo.Client, error) {
	options := append([]kgo.Opt{
		kgo.SeedBrokers(on.Bootstrap),
		kgo.ClientID("conformance"),
		kgo.FetchMaxWait(100 * time.Millisecond),
		kgo.RetryTimeout(wait),
	}, more...)
	config, err := on.TLS()
	if err != nil {
		return nil, err
	}
	if config != nil {
		options = append(options, kgo.DialTLSConfig(config))
	}
	switch on.Mechanism {
	case "PLAIN":
		options = append(options, kgo.SASL(plain.Auth{User: on.Username, Pass: on.Password}.AsMechanism()))
	case "SCRAM-SHA-256":
		options = append(options, kgo.SASL(scram.Auth{User: on.Username, Pass: on.Password}.AsSha256Mechanism()))
	case "SCRAM-SHA-512":
		options = append(options, kgo.SASL(scram.Auth{User: on.Username, Pass: on.Password}.AsSha512Mechanism()))
	case "OAUTHBEARER":
		options = append(options, kgo.SASL(oauth.Auth{Token: on.Token}.AsMechanism()))
	}
	return kgo.NewClient(options...)
}

func send(client *kgo.Client, ask loop.Ask) error {
	ctx, cancel := within()
	defer cancel()
	var records []*kgo.Record
	for _, each := range ask.Records {
		record := &kgo.Record{Topic: ask.Topic, Key: loop.Bytes(each.Key), Value: loop.Bytes(each.Value)}
		if each.Partition != nil {
			record.Partition = *each.Partition
		}
		if each.Timestamp != 0 {
			record.Timestamp = time.UnixMilli(each.Timestamp)
		}
		for _, header := range each.Headers {
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: header[0], Value: []byte(header[1])})
		}
		records = append(records, record)
	}
	return client.ProduceSync(ctx, records...).FirstErr()
}

func produce(ask loop.Ask) (any, error) {
	codecs := map[string]kgo.CompressionCodec{
		"gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	options := []kgo.Opt{kgo.ProducerBatchMaxBytes(900_000)}
	if len(ask.Records) > 0 && ask.Records[0].Value != nil && len(*ask.Records[0].Value) > 900_000 {
		options = []kgo.Opt{kgo.ProducerBatchMaxBytes(10_000_000)}
	}
	if codec, named := codecs[ask.Codec]; named {
		options = append(options, kgo.ProducerBatchCompression(codec))
	} else {
		options = append(options, kgo.ProducerBatchCompression(kgo.NoCompression()))
	}
	if !ask.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	if len(ask.Records) > 0 && ask.Records[0].Partition != nil {
		options = append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	client, err := connect(ask.On, options...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return nil, send(client, ask)
}

func read(ask loop.Ask) (any, error) {
	isolation := kgo.ReadUncommitted()
	if ask.Committed {
		isolation = kgo.ReadCommitted()
	}
	client, err := connect(ask.On, kgo.ConsumeTopics(ask.Topic), kgo.FetchIsolationLevel(isolation),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	ctx, cancel := within()
	defer cancel()
	// Fetching would try a refused login again and again.
	if err := client.Ping(ctx); err != nil {
		return nil, err
	}
	records := []loop.Record{}
	for deadline := time.Now().Add(loop.Read); time.Now().Before(deadline); {
		ctx, cancel := context.WithTimeout(context.Background(), loop.Quiet)
		fetches := client.PollFetches(ctx)
		cancel()
		for _, failure := range fetches.Errors() {
			if !errors.Is(failure.Err, context.DeadlineExceeded) {
				return nil, failure.Err
			}
		}
		if fetches.NumRecords() == 0 && len(records) >= ask.Count {
			break
		}
		fetches.EachRecord(func(record *kgo.Record) { records = append(records, incoming(record)) })
	}
	return loop.Map{"records": records}, nil
}

func incoming(record *kgo.Record) loop.Record {
	headers := [][2]string{}
	for _, header := range record.Headers {
		headers = append(headers, [2]string{header.Key, string(header.Value)})
	}
	return loop.Record{
		Partition: &record.Partition, Offset: record.Offset, Key: loop.Text(record.Key),
		Value: loop.Text(record.Value), Headers: headers, Timestamp: record.Timestamp.UnixMilli(),
	}
}

func startMember(ask loop.Ask) (any, error) {
	member := members.Add(ask.Member)
	lose := func(_ context.Context, _ *kgo.Client, some map[string][]int32) { member.Lose(some) }
	options := []kgo.Opt{
		kgo.ConsumerGroup(ask.Group),
		kgo.ConsumeTopics(ask.Topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.AutoCommitInterval(200 * time.Millisecond),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, some map[string][]int32) { member.Gain(some) }),
		kgo.OnPartitionsRevoked(lose),
		kgo.OnPartitionsLost(lose),
	}
	switch {
	case ask.Protocol == "consumer":
		options = append(options, kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()))
	case ask.Assignor == "cooperative-sticky":
		options = append(options, kgo.Balancers(kgo.CooperativeStickyBalancer()))
	default:
		options = append(options, kgo.Balancers(kgo.RangeBalancer()))
	}
	if ask.Protocol == "classic" {
		session := time.Duration(ask.SessionTimeoutMs) * time.Millisecond
		options = append(options, kgo.SessionTimeout(session), kgo.HeartbeatInterval(300*time.Millisecond))
	}
	if ask.InstanceId != "" {
		options = append(options, kgo.InstanceID(ask.InstanceId))
	}
	client, err := connect(ask.On, options...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	member.Stop = func() { cancel(); <-done }
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			client.PollFetches(ctx).EachRecord(func(record *kgo.Record) { member.Saw(record.Value) })
		}
		commit, cancel := within()
		defer cancel()
		_ = client.CommitUncommittedOffsets(commit)
		client.Close()
	}()
	return nil, nil
}

func openTransactional(ask loop.Ask) (any, error) {
	client, err := connect(ask.On, kgo.TransactionalID(ask.TransactionalId))
	if err != nil {
		return nil, err
	}
	ctx, cancel := within()
	defer cancel()
	producers.Store(ask.Producer, client)
	// It takes the id's epoch when it is first needed; this needs it now, as other clients do.
	_, _, err = client.ProducerID(ctx)
	return nil, err
}

func onProducer(step func(*kgo.Client, loop.Ask) error) loop.Operation {
	return func(ask loop.Ask) (any, error) {
		found, known := producers.Load(ask.Producer)
		if !known {
			return nil, fmt.Errorf("no producer %s", ask.Producer)
		}
		return nil, step(found.(*kgo.Client), ask)
	}
}

func end(how kgo.TransactionEndTry) func(*kgo.Client, loop.Ask) error {
	return func(client *kgo.Client, _ loop.Ask) error {
		ctx, cancel := within()
		defer cancel()
		return client.EndTransaction(ctx, how)
	}
}

// The client sends offsets only from its group session; the same two requests are sent here by hand.
func sendOffsets(client *kgo.Client, ask loop.Ask) error {
	ctx, cancel := within()
	defer cancel()
	id, epoch, err := client.ProducerID(ctx)
	if err != nil {
		return err
	}
	transactionalID := client.OptValue(kgo.TransactionalID).(string)
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = transactionalID, id, epoch, ask.Group
	added, err := add.RequestWith(ctx, client)
	if err != nil {
		return err
	}
	if added.ErrorCode != 0 {
		return fmt.Errorf("AddOffsetsToTxn: error code %d", added.ErrorCode)
	}
	commit := kmsg.NewPtrTxnOffsetCommitRequest()
	commit.TransactionalID, commit.ProducerID, commit.ProducerEpoch, commit.Group = transactionalID, id, epoch, ask.Group
	topic := kmsg.NewTxnOffsetCommitRequestTopic()
	topic.Topic = ask.Topic
	for partition, offset := range ask.Offsets {
		each := kmsg.NewTxnOffsetCommitRequestTopicPartition()
		each.Partition, each.Offset = partition, offset
		topic.Partitions = append(topic.Partitions, each)
	}
	commit.Topics = append(commit.Topics, topic)
	committed, err := commit.RequestWith(ctx, client)
	if err != nil {
		return err
	}
	for _, each := range committed.Topics[0].Partitions {
		if each.ErrorCode != 0 {
			return fmt.Errorf("TxnOffsetCommit: error code %d", each.ErrorCode)
		}
	}
	return nil
}

type step func(ctx context.Context, admin *kadm.Client, ask loop.Ask) (any, error)

func administer(run step) loop.Operation {
	return func(ask loop.Ask) (any, error) {
		client, err := connect(ask.On)
		if err != nil {
			return nil, err
		}
		defer client.Close()
		ctx, cancel := within()
		defer cancel()
		return run(ctx, kadm.NewClient(client), ask)
	}
}
