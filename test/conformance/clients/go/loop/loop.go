// Package loop serves a driver's operations: one JSON object a line on standard input, one reply a line on standard
// output, side by side.
package loop

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"sort"
	"sync"
	"time"
)

// How long a read waits for one record too many, and for the records at all.
const (
	Quiet = 300 * time.Millisecond
	Read  = 15 * time.Second
)

// Connection says how to connect.
type Connection struct {
	Bootstrap, Protocol, Mechanism, Username, Password, Token string
	CaFile, CertificateFile, KeyFile                          string
}

// Record is a record as it is asked for and as it was read.
type Record struct {
	Partition *int32      `json:"partition"`
	Offset    int64       `json:"offset"`
	Key       *string     `json:"key"`
	Value     *string     `json:"value"`
	Headers   [][2]string `json:"headers"`
	Timestamp int64       `json:"timestamp"`
}

// Acl is one access control entry on one resource.
type Acl struct {
	Principal  string `json:"principal"`
	Resource   string `json:"resource"`
	Name       string `json:"name"`
	Pattern    string `json:"pattern"`
	Operation  string `json:"operation"`
	Permission string `json:"permission"`
}

// Ask holds the arguments of every operation; each uses its own.
type Ask struct {
	Id                                              int
	Op                                              string
	On                                              Connection
	Acl                                             // principal, resource, name, pattern, operation, permission
	Topic, Group, Member, Protocol, Assignor, Codec string
	InstanceId, Producer, TransactionalId           string
	Password, Mechanism, User, Key                  string
	Value                                           any
	Topics                                          []string
	Partitions, Partition                           int32
	Count, SessionTimeoutMs                         int
	Before, Timestamp                               int64
	Idempotent, Committed                           bool
	Configs                                         map[string]*string
	Records                                         []Record
	Offsets                                         map[int32]int64
}

// Operation answers one request.
type Operation func(ask Ask) (any, error)

// Map is a JSON object.
type Map = map[string]any

var output sync.Mutex

// Serve answers until its input ends.
func Serve(module string, operations map[string]Operation) {
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			os.Exit(0)
		}
		var ask Ask
		if err := json.Unmarshal(line, &ask); err != nil {
			reply(ask.Id, nil, err)
			continue
		}
		go func() {
			if ask.Op == "version" {
				reply(ask.Id, version(module), nil)
			} else if operation, known := operations[ask.Op]; !known {
				reply(ask.Id, nil, fmt.Errorf("this driver has no operation %s", ask.Op))
			} else {
				answer, err := operation(ask)
				reply(ask.Id, answer, err)
			}
		}()
	}
}

func reply(id int, answer any, err error) {
	body := Map{"id": id}
	switch {
	case err != nil:
		body["error"] = fmt.Sprintf("%T: %v", err, err)
	case answer == nil:
		body["ok"] = Map{}
	default:
		body["ok"] = answer
	}
	line, _ := json.Marshal(body)
	output.Lock()
	defer output.Unlock()
	os.Stdout.Write(append(line, '\n'))
}

func version(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, each := range info.Deps {
		if each.Path == module {
			return each.Version
		}
	}
	return "unknown"
}

// TLS gives the settings for an SSL protocol, nil for others.
func (on Connection) TLS() (*tls.Config, error) {
	if on.Protocol != "SSL" && on.Protocol != "SASL_SSL" {
		return nil, nil
	}
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	authority, err := os.ReadFile(on.CaFile)
	if err != nil {
		return nil, err
	}
	config.RootCAs.AppendCertsFromPEM(authority)
	if on.CertificateFile != "" {
		own, err := tls.LoadX509KeyPair(on.CertificateFile, on.KeyFile)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{own}
	}
	return config, nil
}

// Member is what a group member has seen.
type Member struct {
	lock     sync.Mutex
	assigned map[string]bool
	revoked  []string
	values   []string
	Stop     func()
}

// Members are the members of this process by name.
type Members struct {
	lock   sync.Mutex
	byName map[string]*Member
}

// Add makes a member.
func (members *Members) Add(name string) *Member {
	members.lock.Lock()
	defer members.lock.Unlock()
	if members.byName == nil {
		members.byName = map[string]*Member{}
	}
	member := &Member{assigned: map[string]bool{}, revoked: []string{}, values: []string{}}
	members.byName[name] = member
	return member
}

// State answers member-state.
func (members *Members) State(ask Ask) (any, error) {
	members.lock.Lock()
	member := members.byName[ask.Member]
	members.lock.Unlock()
	member.lock.Lock()
	defer member.lock.Unlock()
	assigned := []string{}
	for each := range member.assigned {
		assigned = append(assigned, each)
	}
	sort.Strings(assigned)
	return Map{"assigned": assigned, "revoked": member.revoked, "values": member.values}, nil
}

// End answers member-stop.
func (members *Members) End(ask Ask) (any, error) {
	members.lock.Lock()
	member := members.byName[ask.Member]
	members.lock.Unlock()
	member.Stop()
	return nil, nil
}

// Gain notes partitions that the member got.
func (member *Member) Gain(some map[string][]int32) {
	member.lock.Lock()
	defer member.lock.Unlock()
	for _, name := range names(some) {
		member.assigned[name] = true
	}
}

// Lose notes partitions that were taken from it.
func (member *Member) Lose(some map[string][]int32) {
	member.lock.Lock()
	defer member.lock.Unlock()
	for _, name := range names(some) {
		delete(member.assigned, name)
		member.revoked = append(member.revoked, name)
	}
}

// Saw notes a value that it read.
func (member *Member) Saw(value []byte) {
	member.lock.Lock()
	defer member.lock.Unlock()
	member.values = append(member.values, string(value))
}

func names(some map[string][]int32) []string {
	var found []string
	for topic, partitions := range some {
		for _, partition := range partitions {
			found = append(found, fmt.Sprintf("%s-%d", topic, partition))
		}
	}
	return found
}

// Text is a value that may be null.
func Text(data []byte) *string {
	if data == nil {
		return nil
	}
	text := string(data)
	return &text
}

// Bytes is the other way round.
func Bytes(text *string) []byte {
	if text == nil {
		return nil
	}
	return []byte(*text)
}
