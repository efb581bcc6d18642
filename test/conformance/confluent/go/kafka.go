package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// kafkaList is a list of kafka/v3: whole, with a next that may be null.
type kafkaList struct {
	Kind     string   `json:"kind"`
	Metadata listMeta `json:"metadata"`
	Data     []object `json:"data"`
}

type topicAnswer struct {
	Name       string `json:"topic_name"`
	Partitions int32  `json:"partitions_count"`
	Replicas   int32  `json:"replication_factor"`
	Configs    struct {
		Related string `json:"related"`
	} `json:"configs"`
}

// inside is the client of a cluster's own API, as its first key sees it.
func (c client) inside(at server) (client, string) {
	return c.as(at.ClusterKey, at.ClusterSecret), "/kafka/v3/clusters/" + at.ClusterID
}

func (c client) walkTopics(at server) error {
	k, base := c.inside(at)
	if err := k.want(http.StatusOK, "GET", base, nil, &object{}); err != nil {
		return err
	}
	path := base + "/topics"
	body := object{"topic_name": "go", "partitions_count": 2, "validate_only": true}
	var topic topicAnswer
	if err := k.want(http.StatusOK, "POST", path, body, &topic); err != nil {
		return err
	}
	if err := k.want(http.StatusNotFound, "GET", path+"/go", nil, nil); err != nil {
		return err
	}
	body["validate_only"] = false
	if err := k.want(http.StatusCreated, "POST", path, body, &topic); err != nil {
		return err
	}
	if err := k.want(http.StatusBadRequest, "POST", path, body, nil); err != nil {
		return err
	}
	if err := k.want(http.StatusOK, "GET", path+"/go", nil, &topic); err != nil {
		return err
	}
	if topic.Name != "go" || topic.Partitions != 2 || topic.Replicas < 1 || topic.Configs.Related == "" {
		return fmt.Errorf("GET %s/go: %+v", path, topic)
	}
	if err := k.want(http.StatusOK, "PATCH", path+"/go", object{"partitions_count": 3}, &topic); err != nil {
		return err
	}
	if err := k.want(http.StatusBadRequest, "PATCH", path+"/go", object{"partitions_count": 3}, nil); err != nil {
		return err
	}
	for _, bad := range []object{{}, {"topic_name": "go/slash"}, {"topic_name": "go2", "partitions_count": 0}} {
		if err := k.want(http.StatusBadRequest, "POST", path, bad, nil); err != nil {
			return err
		}
	}
	if err := k.walkTopicConfigs(base, path+"/go"); err != nil {
		return err
	}
	if err := k.want(http.StatusNoContent, "DELETE", path+"/go", nil, nil); err != nil {
		return err
	}
	return k.until(http.StatusNotFound, http.StatusOK, "GET", path+"/go", nil)
}

// walkTopicConfigs changes settings one by one and together, and reads partitions.
func (c client) walkTopicConfigs(base, topic string) error {
	one := topic + "/configs/retention.ms"
	own := func(want string) error {
		var setting struct {
			Value  *string `json:"value"`
			Source string  `json:"source"`
		}
		if err := c.want(http.StatusOK, "GET", one, nil, &setting); err != nil {
			return err
		}
		if setting.Value == nil || *setting.Value != want {
			return fmt.Errorf("GET %s: %+v", one, setting)
		}
		return nil
	}
	change := object{"data": []object{{"name": "retention.ms", "value": "120000"}, {"name": "cleanup.policy", "operation": "DELETE"}}}
	for _, step := range []struct {
		method, path string
		body         any
		want         string
	}{
		{"PUT", one, object{"value": "60000"}, "60000"},
		{"POST", topic + "/configs:alter", change, "120000"},
		{"DELETE", one, nil, "604800000"},
	} {
		if err := c.want(http.StatusNoContent, step.method, step.path, step.body, nil); err != nil {
			return err
		}
		if err := own(step.want); err != nil {
			return err
		}
	}
	change["data"] = []object{{"name": "retention.ms", "value": "soon"}}
	if err := c.want(http.StatusBadRequest, "POST", topic+"/configs:alter", change, nil); err != nil {
		return err
	}
	for path, kind := range map[string]string{
		base + "/topics":           "KafkaTopicList",
		base + "/topics/-/configs": "KafkaTopicConfigList",
		topic + "/configs":         "KafkaTopicConfigList",
		topic + "/default-configs": "KafkaTopicConfigList",
		topic + "/partitions":      "KafkaPartitionList",
	} {
		if err := c.wantKafkaList(path, kind, nil); err != nil {
			return err
		}
	}
	return c.want(http.StatusOK, "GET", topic+"/partitions/2", nil, &object{})
}

// wantKafkaList reads a list that holds something.
func (c client) wantKafkaList(path, kind string, into *kafkaList) error {
	var got kafkaList
	if err := c.want(http.StatusOK, "GET", path, nil, &got); err != nil {
		return err
	}
	if got.Kind != kind || len(got.Data) == 0 {
		return fmt.Errorf("GET %s: %s with %d items", path, got.Kind, len(got.Data))
	}
	if into != nil {
		*into = got
	}
	return nil
}

func (c client) walkSettings(at server) error {
	k, base := c.inside(at)
	path := base + "/broker-configs"
	one := path + "/log.retention.ms"
	count := func(want int) error {
		var listed kafkaList
		if err := k.want(http.StatusOK, "GET", path, nil, &listed); err != nil {
			return err
		}
		if len(listed.Data) != want {
			return fmt.Errorf("GET %s: %d settings, not %d", path, len(listed.Data), want)
		}
		return nil
	}
	alter := object{"data": []object{{"name": "log.retention.ms", "value": "86400000"}}}
	for _, step := range []struct {
		method, path string
		body         any
		count        int
	}{
		{"POST", path + ":alter", alter, 1},
		{"PUT", one, object{"value": "43200000"}, 1},
		{"DELETE", one, nil, 0},
	} {
		if err := k.want(http.StatusNoContent, step.method, step.path, step.body, nil); err != nil {
			return err
		}
		if err := count(step.count); err != nil {
			return err
		}
	}
	if err := k.want(http.StatusOK, "GET", one, nil, &object{}); err != nil {
		return err
	}
	alter["data"] = []object{{"name": "log.retention.ms", "value": "soon"}}
	if err := k.want(http.StatusBadRequest, "POST", path+":alter", alter, nil); err != nil {
		return err
	}
	return k.want(http.StatusNotFound, "GET", path+"/no.such.setting", nil, nil)
}

// resourceType is one of the words that clients know; any other fails.
type resourceType string

func (r *resourceType) UnmarshalJSON(data []byte) error {
	var word string
	if err := json.Unmarshal(data, &word); err != nil {
		return err
	}
	switch word {
	case "UNKNOWN", "ANY", "TOPIC", "GROUP", "CLUSTER", "TRANSACTIONAL_ID", "DELEGATION_TOKEN":
		*r = resourceType(word)
		return nil
	}
	return fmt.Errorf("%s is no resource type", word)
}

type aclList struct {
	Data []struct {
		Type      resourceType `json:"resource_type"`
		Name      string       `json:"resource_name"`
		Principal string       `json:"principal"`
		Operation string       `json:"operation"`
	} `json:"data"`
}

func (c client) walkAcls(at server) error {
	k, base := c.inside(at)
	acl := func(operation string) object {
		return object{
			"resource_type": "TOPIC", "resource_name": "go", "pattern_type": "PREFIXED", "principal": "User:sa-go",
			"host": "*", "operation": operation, "permission": "ALLOW",
		}
	}
	find := func(method, operation string, want int) error {
		query := url.Values{}
		for name, value := range acl(operation) {
			query.Set(name, value.(string))
		}
		var found aclList
		if err := k.want(http.StatusOK, method, base+"/acls?"+query.Encode(), nil, &found); err != nil {
			return err
		}
		if len(found.Data) != want {
			return fmt.Errorf("%s of %s found %d ACLs, not %d", method, operation, len(found.Data), want)
		}
		return nil
	}
	if err := k.want(http.StatusCreated, "POST", base+"/acls", acl("READ"), nil); err != nil {
		return err
	}
	batch := object{"data": []object{acl("WRITE"), acl("DESCRIBE")}}
	if err := k.want(http.StatusCreated, "POST", base+"/acls:batch", batch, nil); err != nil {
		return err
	}
	for _, step := range []struct {
		method, operation string
		count             int
	}{
		{"GET", "READ", 1}, {"GET", "ANY", 3}, {"DELETE", "READ", 1}, {"GET", "READ", 0}, {"DELETE", "ANY", 2}, {"GET", "ANY", 0},
	} {
		if err := find(step.method, step.operation, step.count); err != nil {
			return err
		}
	}
	for path, body := range map[string]object{"/acls": acl("FLY"), "/acls:batch": {"data": []object{acl("FLY")}}} {
		if err := k.want(http.StatusBadRequest, "POST", base+path, body, nil); err != nil {
			return err
		}
	}
	return k.want(http.StatusBadRequest, "DELETE", base+"/acls", nil, nil)
}

// walkGroups reads a group that somebody else is a member of, and writes records for it.
func (c client) walkGroups(at server) error {
	k, base := c.inside(at)
	if err := k.produce(base + "/topics/hello/records"); err != nil {
		return err
	}
	groups := base + "/consumer-groups"
	if err := k.want(http.StatusNotFound, "GET", groups+"/none", nil, nil); err != nil {
		return err
	}
	var listed, members, lags kafkaList
	if err := k.wantKafkaList(groups, "KafkaConsumerGroupList", &listed); err != nil {
		return err
	}
	group := groups + "/" + url.PathEscape(listed.Data[0]["consumer_group_id"].(string))
	if err := k.wantKafkaList(group+"/consumers", "KafkaConsumerList", &members); err != nil {
		return err
	}
	if err := k.wantKafkaList(group+"/lags", "KafkaConsumerLagList", &lags); err != nil {
		return err
	}
	lag := lags.Data[0]
	member := group + "/consumers/" + url.PathEscape(members.Data[0]["consumer_id"].(string))
	for _, path := range []string{
		group, group + "/lag-summary", member, member + "/assignments",
		fmt.Sprintf("%s/lags/%v/partitions/%v", group, lag["topic_name"], lag["partition_id"]),
	} {
		if err := k.want(http.StatusOK, "GET", path, nil, &object{}); err != nil {
			return err
		}
	}
	return nil
}

type recordResult struct {
	Code   int32  `json:"error_code"`
	Offset *int64 `json:"offset"`
}

// produce writes one record, then several in one request that stays open: each is answered before the next is sent.
func (c client) produce(path string) error {
	record := object{"key": object{"type": "JSON", "data": 1}, "value": object{"type": "STRING", "data": "go"}}
	var result recordResult
	if err := c.want(http.StatusOK, "POST", path, record, &result); err != nil {
		return err
	}
	if result.Code != http.StatusOK || result.Offset == nil {
		return fmt.Errorf("POST %s: %+v", path, result)
	}
	reader, writer := io.Pipe()
	request, err := http.NewRequest("POST", c.base+path, reader)
	if err != nil {
		return err
	}
	request.SetBasicAuth(c.id, c.secret)
	request.Header.Set("Content-Type", "application/json")
	sent := json.NewEncoder(writer)
	first := make(chan error, 1)
	go func() { first <- sent.Encode(record) }()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := <-first; err != nil {
		return err
	}
	results := json.NewDecoder(response.Body)
	for written := 1; ; written++ {
		if err := results.Decode(&result); err != nil || result.Code != http.StatusOK {
			return fmt.Errorf("record %d of POST %s: %+v: %w", written, path, result, err)
		}
		if written == 3 {
			break
		}
		if err := sent.Encode(record); err != nil {
			return err
		}
	}
	if err := writer.Close(); err != nil {
		return err
	}
	rest, err := io.ReadAll(response.Body)
	if err != nil || strings.TrimSpace(string(rest)) != "" {
		return fmt.Errorf("POST %s ended with %q: %w", path, rest, err)
	}
	return nil
}
