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
	"sync"
	"time"
)

// How long what takes a moment may take on a busy machine, and how often it is asked for.
const (
	patience = 30 * time.Second
	pause    = 50 * time.Millisecond
)

// jsonType is what generated clients decode; everything else is an undefined response type.
var jsonType = regexp.MustCompile(`(?i)^(?:application|text)/(?:vnd\.[^;]+\+)?json`)

// client asks one server with one credential: a key, a token, or none.
type client struct {
	base, id, secret, token string
	journal                 *journal
}

// journal holds what was asked for and answered well, as "GET /org/v2/environments".
type journal struct {
	mutex sync.Mutex
	asked map[string]bool
}

func (j *journal) note(method, path string) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.asked[method+" "+strings.SplitN(path, "?", 2)[0]] = true
}

// as is the same server asked with a key.
func (c client) as(id, secret string) client {
	return client{c.base, id, secret, "", c.journal}
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
	ErrorCode        *int32 `json:"error_code"`
	Message          string `json:"message"`
	Error            string `json:"error"`
	ErrorDescription string `json:"error_description"`
}

// answer is what came back, undecoded.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (c client) ask(method, path string, body any) (answer, error) {
	reader, kind, err := encode(body)
	if err != nil {
		return answer{}, err
	}
	request, err := http.NewRequest(method, c.base+path, reader)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", kind)
	}
	if c.id != "" {
		request.SetBasicAuth(c.id, c.secret)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
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
	if response.StatusCode < 300 {
		c.journal.note(method, path)
	}
	return answer{response.StatusCode, response.Header, text}, nil
}

// encode is how clients send a body: forms to the token exchange, JSON to all others.
func encode(body any) (io.Reader, string, error) {
	if body == nil {
		return nil, "", nil
	}
	if form, isForm := body.(url.Values); isForm {
		return strings.NewReader(form.Encode()), "application/x-www-form-urlencoded", nil
	}
	text, err := json.Marshal(body)
	return bytes.NewReader(text), "application/json", err
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
	if status == http.StatusNoContent || into == nil {
		return nil
	}
	if err := got.decode(into); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// checkFailure holds a failure against its family's dialect; `detail` or `message` is what people are shown.
func (a answer) checkFailure(method, path string) error {
	var said failure
	if err := a.decode(&said); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	isRight := false
	switch path := strings.TrimPrefix(path, "/api"); {
	case strings.HasPrefix(path, "/sts/"):
		isRight = said.Error != "" && said.ErrorDescription != ""
	case strings.HasPrefix(path, "/kafka/"), strings.HasPrefix(path, "/iam/v2/role-bindings"):
		isRight = said.ErrorCode != nil && said.Message != ""
	default:
		isRight = len(said.Errors) > 0 && said.Errors[0].Detail != "" && said.Errors[0].Status == fmt.Sprint(a.status)
	}
	if !isRight {
		return fmt.Errorf("%s %s: %d in another dialect: %s", method, path, a.status, a.body)
	}
	if a.status == http.StatusUnauthorized && a.header.Get("WWW-Authenticate") == "" {
		return fmt.Errorf("%s %s: no WWW-Authenticate", method, path)
	}
	return nil
}

// until asks until something is answered with a status; nothing but it and `meanwhile` may be seen.
func (c client) until(status, meanwhile int, method, path string, body any) error {
	deadline := time.Now().Add(patience)
	for {
		got, err := c.ask(method, path, body)
		if err != nil {
			return err
		}
		if got.status == status {
			return nil
		}
		if got.status != meanwhile {
			return fmt.Errorf("%s %s: %d while waiting for %d: %s", method, path, got.status, status, got.body)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s %s: no %d in %v", method, path, status, patience)
		}
		time.Sleep(pause)
	}
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
