package main

import (
	"fmt"
	"net/http"
)

// walkBrokers reads where a cluster's data lies, and changes a setting of one broker.
func (c client) walkBrokers(at server) error {
	k, base := c.inside(at)
	var brokers kafkaList
	if err := k.wantKafkaList(base+"/brokers", "KafkaBrokerList", &brokers); err != nil {
		return err
	}
	broker := fmt.Sprintf("%s/brokers/%v", base, brokers.Data[0]["broker_id"])
	replicas := base + "/topics/hello/partitions/0/replicas"
	for path, kind := range map[string]string{
		"/kafka/v3/clusters":           "KafkaClusterList",
		base + "/brokers/-/configs":    "KafkaBrokerConfigList",
		broker + "/configs":            "KafkaBrokerConfigList",
		broker + "/partition-replicas": "KafkaReplicaList",
		replicas:                       "KafkaReplicaList",
	} {
		if err := k.wantKafkaList(path, kind, nil); err != nil {
			return err
		}
	}
	for _, path := range []string{
		broker,
		fmt.Sprintf("%s/%v", replicas, brokers.Data[0]["broker_id"]),
		base + "/topics/-/partitions/-/reassignment",
		base + "/topics/hello/partitions/-/reassignment",
	} {
		if err := k.want(http.StatusOK, "GET", path, nil, &object{}); err != nil {
			return err
		}
	}
	for _, path := range []string{base + "/brokers/99", replicas + "/99", base + "/topics/hello/partitions/0/reassignment"} {
		if err := k.want(http.StatusNotFound, "GET", path, nil, nil); err != nil {
			return err
		}
	}
	return k.walkBrokerConfig(broker + "/configs")
}

func (c client) walkBrokerConfig(path string) error {
	const name = "log.retention.ms"
	one := path + "/" + name
	alter := object{"data": []object{{"name": name, "value": "7200000"}}}
	for _, step := range []struct {
		method, path string
		body         any
		isOwn        bool
	}{
		{"PUT", one, object{"value": "3600000"}, true},
		{"POST", path + ":alter", alter, true},
		{"DELETE", one, nil, false},
	} {
		if err := c.want(http.StatusNoContent, step.method, step.path, step.body, nil); err != nil {
			return err
		}
		var setting object
		if err := c.want(http.StatusOK, "GET", one, nil, &setting); err != nil {
			return err
		}
		if (setting["source"] == "DYNAMIC_BROKER_CONFIG") != step.isOwn {
			return fmt.Errorf("%s %s: source %v", step.method, step.path, setting["source"])
		}
	}
	alter["data"] = []object{{"name": name, "value": "many"}}
	if err := c.want(http.StatusBadRequest, "POST", path+":alter", alter, nil); err != nil {
		return err
	}
	// What keeps a platform standing is not its tenants' to change.
	return c.want(http.StatusBadRequest, "PUT", path+"/max.connections.per.ip", object{"value": "1"}, nil)
}
