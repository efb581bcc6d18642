// Package main walks the REST contract as clients of it do: HTTP of the standard library, and answers decoded as
// generated clients decode them. What they stumble over fails here.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// jsonType is what generated clients decode; everything else is an undefined response type.
var jsonType = regexp.MustCompile(`(?i)^(?:application|text)/(?:vnd\.[^;]+\+)?json`)

// client asks one server with one credential.
type client struct {
	base, id, secret string
}

// object is a JSON object whose fields are known by name only.
type object map[string]any

// nullableString tells absent, null and a value apart: an explicit null counts as set.
type nullableString struct {
	isSet bool
	value *string
}

func (n *nullableString) UnmarshalJSON(data []byte) error {
	n.isSet = true
	return json.Unmarshal(data, &n.value)
}

// listMeta is decoded strictly: a null where clients take a pointer for granted is an error.
type listMeta struct {
	Next nullableString `json:"next"`
}

type meta struct {
	Self         string     `json:"self"`
	ResourceName string     `json:"resource_name"`
	CreatedAt    *time.Time `json:"created_at"`
	UpdatedAt    *time.Time `json:"updated_at"`
	DeletedAt    *time.Time `json:"deleted_at"`
}

// envelope is what all objects of the control plane have in common.
type envelope struct {
	APIVersion string `json:"api_version"`
	Kind       string `json:"kind"`
	ID         string `json:"id"`
	Metadata   meta   `json:"metadata"`
}

type list struct {
	APIVersion string            `json:"api_version"`
	Kind       string            `json:"kind"`
	Metadata   listMeta          `json:"metadata"`
	Data       []json.RawMessage `json:"data"`
}

type failure struct {
	Errors []struct {
		Status string `json:"status"`
		Code   string `json:"code"`
		Detail string `json:"detail"`
	} `json:"errors"`
	ErrorCode *int32 `json:"error_code"`
	Message   string `json:"message"`
}

// answer is what came back, undecoded.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (c client) ask(method, path string, body any) (answer, error) {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, c.base+path, reader)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.id != "" {
		request.SetBasicAuth(c.id, c.secret)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	if response.Header.Get("X-Request-Id") == "" {
		return answer{}, fmt.Errorf("%s %s: no X-Request-Id", method, path)
	}
	return answer{response.StatusCode, response.Header, text}, nil
}

// decode reads a body as generated clients do: by its content type, or not at all.
func (a answer) decode(into any) error {
	kind := a.header.Get("Content-Type")
	if !jsonType.MatchString(kind) {
		return fmt.Errorf("undefined response type %q", kind)
	}
	return json.Unmarshal(a.body, into)
}

// want asks for something that must answer with a status, and decodes it.
func (c client) want(status int, method, path string, body, into any) error {
	got, err := c.ask(method, path, body)
	if err != nil {
		return err
	}
	if got.status != status {
		return fmt.Errorf("%s %s: %d, not %d: %s", method, path, got.status, status, got.body)
	}
	if status >= 400 {
		return got.checkFailure(method, path)
	}
	if status == http.StatusNoContent {
		return nil
	}
	if err := got.decode(into); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// checkFailure holds a failure against both dialects; `detail` or `message` is what people are shown.
func (a answer) checkFailure(method, path string) error {
	var said failure
	if err := a.decode(&said); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if said.ErrorCode != nil && said.Message != "" {
		return nil
	}
	if len(said.Errors) == 0 || said.Errors[0].Detail == "" {
		return fmt.Errorf("%s %s: a failure without detail: %s", method, path, a.body)
	}
	if said.Errors[0].Status != fmt.Sprint(a.status) {
		return fmt.Errorf("%s %s: status %q in a body of %d", method, path, said.Errors[0].Status, a.status)
	}
	if a.status == http.StatusUnauthorized && a.header.Get("WWW-Authenticate") == "" {
		return fmt.Errorf("%s %s: no WWW-Authenticate", method, path)
	}
	return nil
}

// all reads every page of a list and answers the ids in order.
func (c client) all(path, kind string, size int) ([]string, error) {
	var ids []string
	joint := "?"
	if strings.Contains(path, "?") {
		joint = "&"
	}
	first := fmt.Sprintf("%s%spage_size=%d", path, joint, size)
	for at := first; at != ""; {
		var page list
		if err := c.want(http.StatusOK, "GET", at, nil, &page); err != nil {
			return nil, err
		}
		if page.Kind != kind {
			return nil, fmt.Errorf("%s: kind %q, not %q", at, page.Kind, kind)
		}
		for _, raw := range page.Data {
			var item envelope
			if err := json.Unmarshal(raw, &item); err != nil {
				return nil, fmt.Errorf("%s: %w", at, err)
			}
			ids = append(ids, item.ID)
		}
		next := page.Metadata.Next
		if next.isSet && next.value == nil {
			return nil, fmt.Errorf("%s: next is null, which counts as set", at)
		}
		if !next.isSet || *next.value == "" {
			return ids, nil
		}
		parsed, err := url.Parse(*next.value)
		if err != nil || parsed.Query().Get("page_token") == "" {
			return nil, fmt.Errorf("%s: next %q has no page_token", at, *next.value)
		}
		at = first + "&page_token=" + url.QueryEscape(parsed.Query().Get("page_token"))
	}
	return ids, nil
}
