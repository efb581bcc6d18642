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
		Secret   string `json:"secret"`
		Resource struct {
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
	status := http.StatusOK
	if resource != nil {
		status = http.StatusUnauthorized
	}
	own := client{c.base, made.ID, made.Spec.Secret}
	for range 2 {
		if err := own.want(status, "GET", "/org/v2/environments", nil, &list{}); err != nil {
			return err
		}
	}
	return c.want(http.StatusNoContent, "DELETE", path, nil, nil)
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
	got, err := c.ask("DELETE", gone, nil)
	if err != nil {
		return err
	}
	if got.status != http.StatusOK && got.status != http.StatusNoContent {
		return fmt.Errorf("DELETE %s: %d", gone, got.status)
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

func (c client) walkClusters(at server) error {
	query := "?environment=" + at.EnvironmentID
	ids, err := c.all("/cmk/v2/clusters"+query, "ClusterList", 1)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return fmt.Errorf("no cluster in %s", at.EnvironmentID)
	}
	var cluster struct {
		Metadata meta `json:"metadata"`
		Status   struct {
			Phase string `json:"phase"`
		} `json:"status"`
	}
	if err := c.want(http.StatusOK, "GET", "/cmk/v2/clusters/"+at.ClusterID+query, nil, &cluster); err != nil {
		return err
	}
	if !strings.Contains(cluster.Metadata.ResourceName, "/kafka="+at.ClusterID) {
		return fmt.Errorf("resource_name %q", cluster.Metadata.ResourceName)
	}
	if cluster.Status.Phase != "PROVISIONED" {
		return fmt.Errorf("phase %q", cluster.Status.Phase)
	}
	spec := object{
		"display_name": "go", "availability": "LOW", "cloud": "AWS", "region": "nowhere",
		"config": object{"kind": "Basic"}, "environment": object{"id": at.EnvironmentID},
	}
	if err := c.want(http.StatusUnprocessableEntity, "POST", "/cmk/v2/clusters", object{"spec": spec}, nil); err != nil {
		return err
	}
	if err := c.want(http.StatusNotFound, "GET", "/cmk/v2/clusters/lkc-none00"+query, nil, nil); err != nil {
		return err
	}
	return c.want(http.StatusConflict, "DELETE", "/org/v2/environments/"+at.EnvironmentID, nil, nil)
}

func (c client) walkLists(at server) error {
	for path, kind := range map[string]string{
		"/iam/v2/users":       "UserList",
		"/iam/v2/invitations": "InvitationList",
		"/iam/v2/api-keys":    "ApiKeyList",
		"/fcpm/v2/regions":    "RegionList",
		"/srcm/v3/clusters?environment=" + at.EnvironmentID:                                                "ClusterList",
		"/kafka-quotas/v1/client-quotas?spec.cluster=" + at.ClusterID + "&environment=" + at.EnvironmentID: "ClientQuotaList",
		"/service-quota/v1/applied-quotas?scope=ORGANIZATION":                                              "AppliedQuotaList",
	} {
		if _, err := c.all(path, kind, 1); err != nil {
			return err
		}
	}
	return nil
}

func (c client) walkNotOffered() error {
	for _, path := range []string{"/connect/v1/environments/e/clusters/c/connectors", "/byok/v1/keys", "/nowhere"} {
		if err := c.want(http.StatusNotFound, "GET", path, nil, nil); err != nil {
			return err
		}
	}
	return c.want(http.StatusMethodNotAllowed, "PUT", "/org/v2/environments", object{}, nil)
}

func walkCredentials(at server) error {
	for _, c := range []client{
		{at.APIURL, "", ""},
		{at.APIURL, at.CloudAPIKey, "wrong"},
		{at.APIURL, "AAAAAAAAAAAAAAAA", "wrong"},
	} {
		for _, path := range []string{"/org/v2/environments", "/iam/v2/users", "/iam/v2/role-bindings?crn_pattern=x"} {
			if err := c.want(http.StatusUnauthorized, "GET", path, nil, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
