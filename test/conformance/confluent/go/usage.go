package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// paged is what the lists of the metrics API have around their items.
type paged struct {
	Data []object `json:"data"`
	Meta struct {
		Pagination struct {
			PageSize  int32          `json:"page_size"`
			NextToken nullableString `json:"next_page_token"`
		} `json:"pagination"`
	} `json:"meta"`
}

// walkMetrics reads which metrics there are, asks for them, and asks wrongly.
func (c client) walkMetrics(at server) error {
	const path = "/v2/metrics/cloud/"
	var metrics, resources, points, values paged
	if err := c.want(http.StatusOK, "GET", path+"descriptors/metrics?page_size=2", nil, &metrics); err != nil {
		return err
	}
	if len(metrics.Data) != 2 || metrics.Meta.Pagination.NextToken.value == nil {
		return fmt.Errorf("metrics %+v", metrics)
	}
	if err := c.want(http.StatusOK, "GET", path+"descriptors/resources", nil, &resources); err != nil {
		return err
	}
	of := object{"op": "EQ", "field": "resource.kafka.id", "value": at.ClusterID}
	question := object{
		"aggregations": []object{{"metric": metrics.Data[0]["name"]}}, "granularity": "PT1M",
		"intervals": []string{"PT1H/now"}, "filter": of, "group_by": []string{"metric.topic"},
	}
	if err := c.want(http.StatusOK, "POST", path+"query", question, &points); err != nil {
		return err
	}
	for _, bad := range []object{
		{"granularity": "PT7M"}, {"intervals": []string{"never"}}, {"group_by": []string{"metric.colour"}},
		{"filter": nil}, {"aggregations": []object{{"metric": "io.example/none"}}},
	} {
		wrong := object{}
		for name, value := range question {
			wrong[name] = value
		}
		for name, value := range bad {
			wrong[name] = value
		}
		if err := c.want(http.StatusBadRequest, "POST", path+"query", wrong, nil); err != nil {
			return err
		}
	}
	labels := object{"group_by": []string{"resource.kafka.id"}, "filter": of}
	if err := c.want(http.StatusOK, "POST", path+"attributes", labels, &values); err != nil {
		return err
	}
	for _, missing := range []string{"cloud/export?resource.kafka.id=lkc-none00", "none/descriptors/metrics"} {
		if err := c.want(http.StatusNotFound, "GET", "/v2/metrics/"+missing, nil, nil); err != nil {
			return err
		}
	}
	text, err := c.ask("GET", path+"export?resource.kafka.id="+at.ClusterID, nil)
	if err != nil {
		return err
	}
	if text.status != http.StatusOK || !strings.HasPrefix(text.header.Get("Content-Type"), "text/plain") {
		return fmt.Errorf("export: %d %q", text.status, text.header.Get("Content-Type"))
	}
	return c.walkCosts()
}

func (c client) walkCosts() error {
	const path = "/billing/v1/costs"
	day := func(fromNow int) string { return time.Now().UTC().AddDate(0, 0, fromNow).Format(time.DateOnly) }
	if _, err := c.all(path+"?start_date="+day(-1)+"&end_date="+day(1), "CostList", 2); err != nil {
		return err
	}
	for _, bad := range []string{"", "?start_date=" + day(0) + "&end_date=" + day(0), "?start_date=" + day(-90) + "&end_date=" + day(0)} {
		if err := c.want(http.StatusBadRequest, "GET", path+bad, nil, nil); err != nil {
			return err
		}
	}
	return nil
}
