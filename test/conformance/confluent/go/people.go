package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// invitationAnswer is what clients read of an invitation. A time that cannot be read is an error.
type invitationAnswer struct {
	envelope
	Email      string     `json:"email"`
	Status     string     `json:"status"`
	AcceptedAt *time.Time `json:"accepted_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	User       struct {
		ID string `json:"id"`
	} `json:"user"`
}

// walkPeople invites somebody, lets them accept, changes their name and deletes them.
func (c client) walkPeople() error {
	const path = "/iam/v2/invitations"
	body := object{"email": "go@example.org"}
	if err := c.want(http.StatusUnprocessableEntity, "POST", path, object{"email": "nobody"}, nil); err != nil {
		return err
	}
	got, err := c.ask("POST", path, body)
	if err != nil {
		return err
	}
	var made invitationAnswer
	if err := got.decode(&made); err != nil {
		return err
	}
	if got.status != http.StatusCreated || made.Status != "INVITE_STATUS_SENT" || made.ExpiresAt == nil || made.AcceptedAt != nil {
		return fmt.Errorf("POST %s: %d %s", path, got.status, got.body)
	}
	if err := c.want(http.StatusConflict, "POST", path, body, nil); err != nil {
		return err
	}
	accept := got.header.Get("Weirhouse-Invitation-Link") + ":accept"
	nobody := client{journal: c.journal}
	name := object{"full_name": "Invited", "password": "a password of some length"}
	if err := nobody.want(http.StatusOK, "POST", accept, name, nil); err != nil {
		return err
	}
	var read invitationAnswer
	if err := c.want(http.StatusOK, "GET", path+"/"+made.ID, nil, &read); err != nil {
		return err
	}
	if read.Status != "INVITE_STATUS_ACCEPTED" || read.AcceptedAt == nil {
		return fmt.Errorf("GET %s/%s: %+v", path, made.ID, read)
	}
	if err := c.listsAndDeletes(path, "InvitationList", made.ID); err != nil {
		return err
	}
	return c.walkUser(made.User.ID)
}

func (c client) walkUser(id string) error {
	path := "/iam/v2/users/" + id
	var user struct {
		envelope
		FullName string `json:"full_name"`
		AuthType string `json:"auth_type"`
	}
	if err := c.want(http.StatusOK, "GET", path, nil, &user); err != nil {
		return err
	}
	if !strings.HasPrefix(user.ID, "u-") || user.AuthType != "AUTH_TYPE_LOCAL" {
		return fmt.Errorf("GET %s: %+v", path, user)
	}
	if err := c.want(http.StatusOK, "PATCH", path, object{"full_name": "Changed"}, &user); err != nil {
		return err
	}
	if user.FullName != "Changed" {
		return fmt.Errorf("PATCH %s: %+v", path, user)
	}
	if err := c.want(http.StatusUnprocessableEntity, "PATCH", path, object{"full_name": 7}, nil); err != nil {
		return err
	}
	return c.listsAndDeletes("/iam/v2/users", "UserList", id)
}

// listsAndDeletes finds an object in the pages of its list, deletes it and misses it.
func (c client) listsAndDeletes(path, kind, id string) error {
	ids, err := c.all(path, kind, 1)
	if err != nil {
		return err
	}
	if !slices.Contains(ids, id) {
		return fmt.Errorf("%s: %s is in no page of %v", path, id, ids)
	}
	own := strings.SplitN(path, "?", 2)[0] + "/" + id
	if err := c.want(http.StatusNoContent, "DELETE", own, nil, nil); err != nil {
		return err
	}
	return c.want(http.StatusNotFound, "GET", own, nil, nil)
}
