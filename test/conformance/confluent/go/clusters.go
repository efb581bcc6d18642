package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// clusterAnswer is what clients read of a cluster.
type clusterAnswer struct {
	ID       string `json:"id"`
	Metadata meta   `json:"metadata"`
	Spec     struct {
		DisplayName  string `json:"display_name"`
		HTTPEndpoint string `json:"http_endpoint"`
		Bootstrap    string `json:"kafka_bootstrap_endpoint"`
		Config       struct {
			Kind string `json:"kind"`
			CKU  int32  `json:"cku"`
		} `json:"config"`
	} `json:"spec"`
	Status struct {
		Phase string `json:"phase"`
		CKU   int32  `json:"cku"`
	} `json:"status"`
}

func clusterBody(name, environment string, config object) object {
	return object{"spec": object{
		"display_name": name, "availability": "LOW", "cloud": "AWS", "region": "local",
		"config": config, "environment": object{"id": environment},
	}}
}

// walkClusters makes clusters in an environment of their own, changes them as clients do, and takes them down.
func (c client) walkClusters(at server) error {
	var environment envelope
	if err := c.want(http.StatusCreated, "POST", "/org/v2/environments", object{"display_name": "go clusters"}, &environment); err != nil {
		return err
	}
	for _, walk := range []func(string) error{c.refuseClusters, c.walkBasic, c.walkDedicated} {
		if err := walk(environment.ID); err != nil {
			return err
		}
	}
	return c.want(http.StatusNoContent, "DELETE", "/org/v2/environments/"+environment.ID, nil, nil)
}

func (c client) refuseClusters(environment string) error {
	elsewhere := clusterBody("go", environment, object{"kind": "Basic"})
	elsewhere["spec"].(object)["region"] = "nowhere"
	for _, body := range []object{
		elsewhere,
		clusterBody("", environment, object{"kind": "Basic"}),
		clusterBody("go", environment, object{"kind": "Freight"}),
		clusterBody("go", environment, object{"kind": "Nothing"}),
		clusterBody("go", environment, object{"kind": "Dedicated"}),
	} {
		if err := c.want(http.StatusUnprocessableEntity, "POST", "/cmk/v2/clusters", body, nil); err != nil {
			return err
		}
	}
	if err := c.want(http.StatusNotFound, "GET", "/cmk/v2/clusters/lkc-none00?environment="+environment, nil, nil); err != nil {
		return err
	}
	return c.want(http.StatusBadRequest, "GET", "/cmk/v2/clusters", nil, nil)
}

// makeCluster makes a cluster and waits as clients do: PROVISIONING, then PROVISIONED, and never a 404.
func (c client) makeCluster(body object, environment string) (clusterAnswer, error) {
	var made clusterAnswer
	if err := c.want(http.StatusAccepted, "POST", "/cmk/v2/clusters", body, &made); err != nil {
		return made, err
	}
	isThere := func(got clusterAnswer) bool { return got.Status.Phase == "PROVISIONED" }
	got, err := c.awaitCluster(made.ID, environment, isThere)
	if err == nil && (got.Spec.HTTPEndpoint == "" || got.Spec.Bootstrap == "" || !strings.Contains(got.Metadata.ResourceName, "/kafka="+got.ID)) {
		err = fmt.Errorf("cluster %+v", got)
	}
	return got, err
}

func (c client) awaitCluster(id, environment string, isWanted func(clusterAnswer) bool) (clusterAnswer, error) {
	deadline := time.Now().Add(patience)
	for {
		var got clusterAnswer
		if err := c.want(http.StatusOK, "GET", "/cmk/v2/clusters/"+id+"?environment="+environment, nil, &got); err != nil {
			return got, err
		}
		if got.Status.Phase != "PROVISIONED" && got.Status.Phase != "PROVISIONING" {
			return got, fmt.Errorf("cluster %s is %s", id, got.Status.Phase)
		}
		if isWanted(got) {
			return got, nil
		}
		if time.Now().After(deadline) {
			return got, fmt.Errorf("cluster %s is not as wanted after %v: %+v", id, patience, got)
		}
		time.Sleep(pause)
	}
}

func (c client) removeCluster(id, environment string) error {
	path := "/cmk/v2/clusters/" + id + "?environment=" + environment
	if err := c.want(http.StatusConflict, "DELETE", "/org/v2/environments/"+environment, nil, nil); err != nil {
		return err
	}
	if err := c.want(http.StatusNoContent, "DELETE", path, nil, nil); err != nil {
		return err
	}
	return c.until(http.StatusNotFound, http.StatusOK, "GET", path, nil)
}

// walkBasic makes a Basic cluster, opens it with a key, gives it another name and makes a Standard one of it.
func (c client) walkBasic(environment string) error {
	cluster, err := c.makeCluster(clusterBody("go basic", environment, object{"kind": "Basic"}), environment)
	if err != nil {
		return err
	}
	key, err := c.makeKey("go basic", object{"id": cluster.ID, "kind": "Cluster"})
	if err != nil {
		return err
	}
	key.base = cluster.Spec.HTTPEndpoint
	topics := "/kafka/v3/clusters/" + cluster.ID + "/topics"
	if err := key.until(http.StatusOK, http.StatusUnauthorized, "GET", topics, nil); err != nil {
		return err
	}
	if err := key.want(http.StatusOK, "GET", topics, nil, &list{}); err != nil {
		return err
	}
	path := "/cmk/v2/clusters/" + cluster.ID
	change := object{"environment": object{"id": environment}, "display_name": "go renamed", "config": object{"kind": "Standard"}}
	if err := c.want(http.StatusOK, "PATCH", path, object{"spec": change}, &cluster); err != nil {
		return err
	}
	if cluster.Spec.DisplayName != "go renamed" || cluster.Spec.Config.Kind != "Standard" {
		return fmt.Errorf("PATCH %s: %+v", path, cluster)
	}
	change["config"] = object{"kind": "Basic"}
	if err := c.want(http.StatusUnprocessableEntity, "PATCH", path, object{"spec": change}, nil); err != nil {
		return err
	}
	ids, err := c.all("/cmk/v2/clusters?environment="+environment, "ClusterList", 1)
	if err != nil || len(ids) != 1 || ids[0] != cluster.ID {
		return fmt.Errorf("clusters %v: %w", ids, err)
	}
	return c.removeCluster(cluster.ID, environment)
}

// walkDedicated makes a Dedicated cluster and changes its size.
func (c client) walkDedicated(environment string) error {
	body := clusterBody("go dedicated", environment, object{"kind": "Dedicated", "cku": 1})
	cluster, err := c.makeCluster(body, environment)
	if err != nil {
		return err
	}
	change := object{"environment": object{"id": environment}, "config": object{"kind": "Dedicated", "cku": 2}}
	if err := c.want(http.StatusOK, "PATCH", "/cmk/v2/clusters/"+cluster.ID, object{"spec": change}, &cluster); err != nil {
		return err
	}
	isResized := func(got clusterAnswer) bool { return got.Status.CKU == 2 && got.Spec.Config.CKU == 2 }
	if _, err := c.awaitCluster(cluster.ID, environment, isResized); err != nil {
		return err
	}
	return c.removeCluster(cluster.ID, environment)
}
