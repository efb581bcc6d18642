package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
)

// family is a set of routes that make, read, list, change and delete one kind of object.
type family struct {
	path, kind, prefix string
	make               object
	change             object
	bad                object
}

// server is how to reach what is walked, as the quick start wrote it down.
type server struct {
	APIURL         string `json:"apiUrl"`
	OrganizationID string `json:"organizationId"`
	EnvironmentID  string `json:"environmentId"`
	ClusterID      string `json:"clusterId"`
	CloudAPIKey    string `json:"cloudApiKey"`
	CloudAPISecret string `json:"cloudApiSecret"`
	ClusterKey     string `json:"clusterApiKey"`
	ClusterSecret  string `json:"clusterApiSecret"`
}

func main() {
	var at server
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(text, &at)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	asked := &journal{asked: map[string]bool{}}
	for name, walk := range walks(at, client{at.APIURL, at.CloudAPIKey, at.CloudAPISecret, "", asked}) {
		fmt.Printf("walk %s: %v\n", name, resultOf(walk()))
	}
	for operation := range asked.asked {
		fmt.Println("asked", operation)
	}
}

func resultOf(err error) string {
	if err != nil {
		return err.Error()
	}
	return "ok"
}

func walks(at server, c client) map[string]func() error {
	below := c
	below.base += "/api"
	return map[string]func() error{
		"environments":           func() error { return c.walk(environments()) },
		"service accounts":       func() error { return c.walk(accounts()) },
		"below /api":             func() error { return below.walk(accounts()) },
		"organizations":          func() error { return c.walkOrganization(at) },
		"keys and bindings":      func() error { return c.walkKeys(at) },
		"clusters":               func() error { return c.walkClusters(at) },
		"people":                 func() error { return c.walkPeople() },
		"identity providers":     func() error { return c.walkIdentity(at) },
		"quotas":                 func() error { return c.walkQuotas(at) },
		"metrics and costs":      func() error { return c.walkMetrics(at) },
		"topics":                 func() error { return c.walkTopics(at) },
		"ACLs":                   func() error { return c.walkAcls(at) },
		"brokers":                func() error { return c.walkBrokers(at) },
		"settings":               func() error { return c.walkSettings(at) },
		"groups and records":     func() error { return c.walkGroups(at) },
		"lists to read only":     func() error { return c.walkLists(at) },
		"what is not offered":    func() error { return c.walkNotOffered(at) },
		"bad and no credentials": func() error { return c.walkCredentials(at) },
	}
}

func environments() family {
	return family{
		"/org/v2/environments", "Environment", "env-",
		object{"display_name": "go"}, object{"display_name": "go changed"}, object{"display_name": 7},
	}
}

func accounts() family {
	return family{
		"/iam/v2/service-accounts", "ServiceAccount", "sa-",
		object{"display_name": "go", "description": ""}, object{"description": "changed"},
		object{"display_name": ""},
	}
}

// walk makes, reads, lists, changes and deletes an object, and asks for what must fail.
func (c client) walk(f family) error {
	if err := c.want(http.StatusUnprocessableEntity, "POST", f.path, f.bad, nil); err != nil {
		return err
	}
	if err := c.want(http.StatusNotFound, "GET", f.path+"/"+f.prefix+"none00", nil, nil); err != nil {
		return err
	}
	if err := c.want(http.StatusBadRequest, "GET", f.path+"?page_size=0", nil, nil); err != nil {
		return err
	}
	var ids []string
	for number := range 3 {
		body := object{}
		for name, value := range f.make {
			body[name] = value
		}
		body["display_name"] = fmt.Sprintf("%v %d", body["display_name"], number)
		id, err := c.make(f, body)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	listed, err := c.all(f.path, f.kind+"List", 2)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !slices.Contains(listed, id) {
			return fmt.Errorf("%s: %s is in no page of %v", f.path, id, listed)
		}
		if err := c.changeAndDelete(f, id); err != nil {
			return err
		}
	}
	return nil
}

// make creates an object, reads it at once, and creates it again, which must be refused.
func (c client) make(f family, body object) (string, error) {
	var made, read envelope
	if err := c.want(http.StatusCreated, "POST", f.path, body, &made); err != nil {
		return "", err
	}
	if !strings.HasPrefix(made.ID, f.prefix) || made.Kind != f.kind || made.Metadata.Self == "" {
		return "", fmt.Errorf("POST %s: %+v", f.path, made)
	}
	if err := c.want(http.StatusOK, "GET", f.path+"/"+made.ID, nil, &read); err != nil {
		return "", err
	}
	again, err := c.ask("POST", f.path, body)
	if err != nil {
		return "", err
	}
	if again.status != http.StatusConflict || again.header.Get("Location") != made.Metadata.Self {
		return "", fmt.Errorf("POST %s again: %d, Location %q", f.path, again.status, again.header.Get("Location"))
	}
	return made.ID, nil
}

func (c client) changeAndDelete(f family, id string) error {
	var changed object
	path := f.path + "/" + id
	change := object{}
	for name, value := range f.change {
		change[name] = value
	}
	if _, isNamed := change["display_name"]; isNamed {
		change["display_name"] = "changed " + id
	}
	if err := c.want(http.StatusOK, "PATCH", path, change, &changed); err != nil {
		return err
	}
	for name, value := range change {
		if changed[name] != value {
			return fmt.Errorf("PATCH %s: %s is %v", path, name, changed[name])
		}
	}
	if err := c.want(http.StatusNoContent, "DELETE", path, nil, nil); err != nil {
		return err
	}
	if err := c.want(http.StatusNotFound, "DELETE", path, nil, nil); err != nil {
		return err
	}
	return c.want(http.StatusNotFound, "GET", path, nil, nil)
}
