package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

func (c client) walkOrganization(at server) error {
	ids, err := c.all("/org/v2/organizations", "OrganizationList", 10)
	if err != nil {
		return err
	}
	if len(ids) != 1 || ids[0] != at.OrganizationID {
		return fmt.Errorf("organizations %v", ids)
	}
	path := "/org/v2/organizations/" + at.OrganizationID
	var changed object
	if err := c.want(http.StatusOK, "GET", path, nil, &changed); err != nil {
		return err
	}
	if err := c.want(http.StatusOK, "PATCH", path, object{"display_name": "Go & Co"}, &changed); err != nil {
		return err
	}
	if changed["display_name"] != "Go & Co" {
		return fmt.Errorf("PATCH %s: %v", path, changed)
	}
	return c.want(http.StatusUnprocessableEntity, "PATCH", path, object{"display_name": "<>"}, nil)
}

// keyAnswer is what clients read of an API key.
type keyAnswer struct {
	ID   string `json:"id"`
	Spec struct {
		Secret      string `json:"secret"`
		Description string `json:"description"`
		Resource    struct {
			ID   string `json:"id"`
			Kind string `json:"kind"`
		} `json:"resource"`
	} `json:"spec"`
}

func (c client) walkKeys(at server) error {
	var account envelope
	body := object{"display_name": "go keys"}
	if err := c.want(http.StatusCreated, "POST", "/iam/v2/service-accounts", body, &account); err != nil {
		return err
	}
	owner := object{"id": account.ID, "kind": "ServiceAccount"}
	for _, resource := range []object{nil, {"id": at.ClusterID, "kind": "Cluster"}} {
		if err := c.walkKey(at, owner, resource); err != nil {
			return err
		}
	}
	if err := c.walkBinding(at, "User:"+account.ID); err != nil {
		return err
	}
	return c.want(http.StatusNoContent, "DELETE", "/iam/v2/service-accounts/"+account.ID, nil, nil)
}

func (c client) walkKey(at server, owner, resource object) error {
	spec := object{"display_name": "", "description": "", "owner": owner}
	want := "cloud"
	if resource != nil {
		spec["resource"] = resource
		want = at.ClusterID
	}
	got, err := c.ask("POST", "/iam/v2/api-keys", object{"spec": spec})
	if err != nil {
		return err
	}
	var made, read keyAnswer
	if err := got.decode(&made); err != nil {
		return err
	}
	if got.status >= 300 || made.ID == "" || made.Spec.Secret == "" || made.Spec.Resource.ID != want {
		return fmt.Errorf("POST api-keys: %d %s", got.status, got.body)
	}
	path := "/iam/v2/api-keys/" + made.ID
	if err := c.want(http.StatusOK, "GET", path, nil, &read); err != nil {
		return err
	}
	if read.Spec.Secret != "" {
		return fmt.Errorf("GET %s shows a secret", path)
	}
	change := object{"spec": object{"description": "changed"}}
	if err := c.want(http.StatusOK, "PATCH", path, change, &read); err != nil {
		return err
	}
	if read.Spec.Description != "changed" {
		return fmt.Errorf("PATCH %s: description %q", path, read.Spec.Description)
	}
	status := http.StatusOK
	if resource != nil {
		status = http.StatusUnauthorized
	}
	own := c.as(made.ID, made.Spec.Secret)
	for range 2 {
		if err := own.want(status, "GET", "/org/v2/environments", nil, &list{}); err != nil {
			return err
		}
	}
	if _, err := c.all("/iam/v2/api-keys?spec.owner="+owner["id"].(string), "ApiKeyList", 1); err != nil {
		return err
	}
	if err := c.want(http.StatusNoContent, "DELETE", path, nil, nil); err != nil {
		return err
	}
	return c.want(http.StatusNotFound, "GET", path, nil, nil)
}

func (c client) walkBinding(at server, principal string) error {
	crn := "crn://confluent.cloud/organization=" + at.OrganizationID + "/environment=" + at.EnvironmentID
	body := object{"principal": principal, "role_name": "EnvironmentAdmin", "crn_pattern": crn}
	var made envelope
	if err := c.want(http.StatusCreated, "POST", "/iam/v2/role-bindings", body, &made); err != nil {
		return err
	}
	path := "/iam/v2/role-bindings?crn_pattern=" + url.QueryEscape(crn)
	ids, err := c.all(path, "RoleBindingList", 1)
	if err != nil {
		return err
	}
	if !strings.Contains(strings.Join(ids, " "), made.ID) {
		return fmt.Errorf("%s is not among %v", made.ID, ids)
	}
	gone := "/iam/v2/role-bindings/" + made.ID
	if err := c.want(http.StatusOK, "GET", gone, nil, &made); err != nil {
		return err
	}
	got, err := c.ask("DELETE", gone, nil)
	if err != nil {
		return err
	}
	if got.status != http.StatusOK && got.status != http.StatusNoContent {
		return fmt.Errorf("DELETE %s: %d", gone, got.status)
	}
	if err := c.want(http.StatusNotFound, "GET", gone, nil, nil); err != nil {
		return err
	}
	body["role_name"] = "Nobody"
	after, err := c.ask("POST", "/iam/v2/role-bindings", body)
	if err != nil {
		return err
	}
	if after.status < 400 || after.status >= 500 {
		return fmt.Errorf("a role that does not exist: %d", after.status)
	}
	return after.checkFailure("POST", "/iam/v2/role-bindings")
}

func (c client) walkLists(at server) error {
	for path, kind := range map[string]string{
		"/fcpm/v2/regions": "RegionList",
		"/srcm/v3/clusters?environment=" + at.EnvironmentID: "ClusterList",
	} {
		if _, err := c.all(path, kind, 1); err != nil {
			return err
		}
		if err := c.want(http.StatusBadRequest, "GET", path+mark(path)+"page_size=0", nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// mark is what goes before one more parameter.
func mark(path string) string {
	if strings.Contains(path, "?") {
		return "&"
	}
	return "?"
}

func (c client) walkNotOffered(at server) error {
	for _, path := range []string{
		"/connect/v1/environments/e/clusters/c/connectors", "/byok/v1/keys", "/nowhere", "/fcpm/v2/compute-pools",
		"/kafka/v3/clusters/" + at.ClusterID + "/links", "/srcm/v3/clusters/lsrc-1?environment=" + at.EnvironmentID,
	} {
		if err := c.want(http.StatusNotFound, "GET", path, nil, nil); err != nil {
			return err
		}
	}
	return c.want(http.StatusMethodNotAllowed, "PUT", "/org/v2/environments", object{}, nil)
}

// walkCredentials asks every family for a list without a key, with bad ones, and with one that may do nothing.
func (c client) walkCredentials(at server) error {
	families := []string{
		"/org/v2/environments", "/iam/v2/users", "/iam/v2/service-accounts", "/iam/v2/identity-providers", "/iam/v2/invitations",
		"/iam/v2/role-bindings?crn_pattern=" + url.QueryEscape("crn://weirhouse/organization="+at.OrganizationID),
		"/cmk/v2/clusters?environment=" + at.EnvironmentID, "/fcpm/v2/regions",
		"/kafka-quotas/v1/client-quotas?spec.cluster=" + at.ClusterID + "&environment=" + at.EnvironmentID,
		"/service-quota/v1/applied-quotas?scope=ORGANIZATION", "/kafka/v3/clusters/" + at.ClusterID + "/topics",
	}
	for _, bad := range []client{c.as("", ""), c.as(at.CloudAPIKey, "wrong"), c.as("AAAAAAAAAAAAAAAA", "wrong")} {
		for _, path := range families {
			if err := bad.want(http.StatusUnauthorized, "GET", path, nil, nil); err != nil {
				return err
			}
		}
	}
	weak, err := c.makeKey("go weak", nil)
	if err != nil {
		return err
	}
	for path, body := range map[string]object{
		"/org/v2/environments":           {"display_name": "forbidden"},
		"/iam/v2/service-accounts":       {"display_name": "forbidden"},
		"/iam/v2/invitations":            {"email": "forbidden@example.org"},
		"/cmk/v2/clusters":               clusterBody("forbidden", at.EnvironmentID, object{"kind": "Basic"}),
		"/kafka-quotas/v1/client-quotas": quotaBody(at, "<default>"),
	} {
		got, err := weak.ask("POST", path, body)
		if err != nil {
			return err
		}
		// What a caller may not even see is not there.
		if got.status != http.StatusForbidden && got.status != http.StatusNotFound {
			return fmt.Errorf("POST %s without a role: %d %s", path, got.status, got.body)
		}
		if err := got.checkFailure("POST", path); err != nil {
			return err
		}
	}
	return nil
}

// makeKey makes a service account with a key; without a resource it is a Cloud key.
func (c client) makeKey(name string, resource object) (client, error) {
	var account envelope
	var made keyAnswer
	if err := c.want(http.StatusCreated, "POST", "/iam/v2/service-accounts", object{"display_name": name}, &account); err != nil {
		return client{}, err
	}
	spec := object{"owner": object{"id": account.ID, "kind": "ServiceAccount"}}
	if resource != nil {
		spec["resource"] = resource
	}
	err := c.want(http.StatusAccepted, "POST", "/iam/v2/api-keys", object{"spec": spec}, &made)
	return c.as(made.ID, made.Spec.Secret), err
}
