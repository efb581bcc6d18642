package main

import (
	"fmt"
	"net/http"
)

func quotaBody(at server, principal string) object {
	return object{"spec": object{
		"display_name": "go", "description": "",
		// An int64 is text in this family.
		"throughput":  object{"ingress_byte_rate": "1048576", "egress_byte_rate": "2097152"},
		"cluster":     object{"id": at.ClusterID},
		"environment": object{"id": at.EnvironmentID},
		"principals":  []object{{"id": principal}},
	}}
}

type quotaAnswer struct {
	envelope
	Spec struct {
		Throughput struct {
			Ingress string `json:"ingress_byte_rate"`
			Egress  string `json:"egress_byte_rate"`
		} `json:"throughput"`
		Principals []struct {
			ID string `json:"id"`
		} `json:"principals"`
	} `json:"spec"`
}

// walkQuotas makes, changes and deletes a client quota, and reads what an organization may have.
func (c client) walkQuotas(at server) error {
	const path = "/kafka-quotas/v1/client-quotas"
	of := "?spec.cluster=" + at.ClusterID + "&environment=" + at.EnvironmentID
	var account envelope
	if err := c.want(http.StatusCreated, "POST", "/iam/v2/service-accounts", object{"display_name": "go quota"}, &account); err != nil {
		return err
	}
	var made quotaAnswer
	if err := c.want(http.StatusAccepted, "POST", path, quotaBody(at, account.ID), &made); err != nil {
		return err
	}
	own := path + "/" + made.ID
	if err := c.want(http.StatusOK, "GET", own, nil, &made); err != nil {
		return err
	}
	if made.Spec.Throughput.Egress != "2097152" || made.Spec.Principals[0].ID != account.ID {
		return fmt.Errorf("GET %s: %+v", own, made)
	}
	throughput := object{"ingress_byte_rate": "2097152", "egress_byte_rate": "2097152"}
	if err := c.want(http.StatusOK, "PATCH", own, object{"spec": object{"throughput": throughput}}, &made); err != nil {
		return err
	}
	if made.Spec.Throughput.Ingress != "2097152" {
		return fmt.Errorf("PATCH %s: %+v", own, made)
	}
	if err := c.want(http.StatusConflict, "POST", path, quotaBody(at, account.ID), nil); err != nil {
		return err
	}
	throughput["ingress_byte_rate"] = 7
	for method, at := range map[string]string{"POST": path, "PATCH": own} {
		bad := object{"spec": object{"throughput": throughput}}
		if err := c.want(http.StatusUnprocessableEntity, method, at, bad, nil); err != nil {
			return err
		}
	}
	if err := c.want(http.StatusBadRequest, "GET", path, nil, nil); err != nil {
		return err
	}
	if err := c.listsAndDeletes(path+of, "ClientQuotaList", made.ID); err != nil {
		return err
	}
	return c.walkServiceQuotas(at)
}

func (c client) walkServiceQuotas(at server) error {
	const path = "/service-quota/v1/"
	for _, scope := range []string{"ORGANIZATION", "organization", "ENVIRONMENT&environment=" + at.EnvironmentID} {
		ids, err := c.all(path+"applied-quotas?scope="+scope, "AppliedQuotaList", 2)
		if err != nil {
			return err
		}
		var quota struct {
			envelope
			Default int32  `json:"default_limit"`
			Applied int32  `json:"applied_limit"`
			Usage   *int32 `json:"usage"`
		}
		if err := c.want(http.StatusOK, "GET", path+"applied-quotas/"+ids[0]+"?environment="+at.EnvironmentID, nil, &quota); err != nil {
			return err
		}
		if quota.Default == 0 || quota.Applied == 0 {
			return fmt.Errorf("applied quota %+v", quota)
		}
	}
	ids, err := c.all(path+"scopes", "ScopeList", 3)
	if err != nil {
		return err
	}
	if err := c.want(http.StatusOK, "GET", path+"scopes/"+ids[0], nil, &envelope{}); err != nil {
		return err
	}
	for _, missing := range []string{"scopes/NOTHING", "applied-quotas/none"} {
		if err := c.want(http.StatusNotFound, "GET", path+missing, nil, nil); err != nil {
			return err
		}
	}
	return c.want(http.StatusBadRequest, "GET", path+"applied-quotas", nil, nil)
}
