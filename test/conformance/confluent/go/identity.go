package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"
)

const issuerURL = "https://issuer.example.org"

// issuer is an OpenID issuer as small as one can be: one key, and tokens for whoever asks.
type issuer struct {
	*httptest.Server
	key *rsa.PrivateKey
}

func startIssuer() (issuer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return issuer{}, err
	}
	encoded := base64.RawURLEncoding.EncodeToString
	public := object{
		"kty": "RSA", "kid": "go", "alg": "RS256", "use": "sig",
		"n": encoded(key.N.Bytes()), "e": encoded(big.NewInt(int64(key.E)).Bytes()),
	}
	answer := func(reply http.ResponseWriter, _ *http.Request) {
		reply.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(reply).Encode(object{"keys": []object{public}})
	}
	return issuer{httptest.NewServer(http.HandlerFunc(answer)), key}, nil
}

func (i issuer) token(subject string) (string, error) {
	now := time.Now().Unix()
	var parts string
	for _, part := range []object{
		{"alg": "RS256", "kid": "go"},
		{"iss": issuerURL, "sub": subject, "iat": now, "exp": now + 600},
	} {
		text, err := json.Marshal(part)
		if err != nil {
			return "", err
		}
		parts += base64.RawURLEncoding.EncodeToString(text) + "."
	}
	signed := parts[:len(parts)-1]
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, digest[:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), err
}

// walkIdentity makes an identity provider with a pool and comes in by a token that was exchanged for its issuer's.
func (c client) walkIdentity(at server) error {
	issuing, err := startIssuer()
	if err != nil {
		return err
	}
	defer issuing.Close()
	const path = "/iam/v2/identity-providers"
	var provider envelope
	body := object{"display_name": "go", "description": "", "issuer": issuerURL, "jwks_uri": issuing.URL}
	if err := c.want(http.StatusCreated, "POST", path, body, &provider); err != nil {
		return err
	}
	own := path + "/" + provider.ID
	var changed object
	if err := c.want(http.StatusOK, "PATCH", own, object{"description": "changed"}, &changed); err != nil {
		return err
	}
	if changed["description"] != "changed" {
		return fmt.Errorf("PATCH %s: %v", own, changed)
	}
	if err := c.want(http.StatusOK, "GET", own, nil, &provider); err != nil {
		return err
	}
	refresh := object{"spec": object{"jwks_status": "REFRESHED"}}
	if err := c.want(http.StatusOK, "PATCH", own+"/jwks", refresh, &object{}); err != nil {
		return err
	}
	if err := c.want(http.StatusUnprocessableEntity, "POST", path, object{"display_name": "go"}, nil); err != nil {
		return err
	}
	if err := c.walkPool(at, own, issuing); err != nil {
		return err
	}
	return c.listsAndDeletes(path, "IdentityProviderList", provider.ID)
}

func (c client) walkPool(at server, provider string, issuing issuer) error {
	path := provider + "/identity-pools"
	var pool envelope
	body := object{"display_name": "go", "description": "", "identity_claim": "claims.sub", "filter": `claims.sub == "go"`}
	if err := c.want(http.StatusCreated, "POST", path, body, &pool); err != nil {
		return err
	}
	own := path + "/" + pool.ID
	if err := c.want(http.StatusOK, "GET", own, nil, &pool); err != nil {
		return err
	}
	if err := c.want(http.StatusOK, "PATCH", own, object{"description": "changed"}, &pool); err != nil {
		return err
	}
	body["filter"] = "claims.sub =="
	if err := c.want(http.StatusUnprocessableEntity, "POST", path, body, nil); err != nil {
		return err
	}
	if err := c.want(http.StatusConflict, "DELETE", provider, nil, nil); err != nil {
		return err
	}
	token, err := c.exchange(issuing, pool.ID)
	if err != nil {
		return err
	}
	binding := object{
		"principal": "User:" + pool.ID, "role_name": "OrganizationAdmin",
		"crn_pattern": "crn://weirhouse/organization=" + at.OrganizationID,
	}
	if err := c.want(http.StatusCreated, "POST", "/iam/v2/role-bindings", binding, &envelope{}); err != nil {
		return err
	}
	bearer := client{base: c.base, token: token, journal: c.journal}
	if err := bearer.until(http.StatusOK, http.StatusForbidden, "GET", "/iam/v2/users", nil); err != nil {
		return err
	}
	if err := c.listsAndDeletes(path, "IdentityPoolList", pool.ID); err != nil {
		return err
	}
	return bearer.until(http.StatusUnauthorized, http.StatusOK, "GET", "/iam/v2/users", nil)
}

// exchange sends the form that clients send; a token of somebody else is refused in OAuth's own words.
func (c client) exchange(issuing issuer, pool string) (string, error) {
	const path = "/sts/v1/oauth2/token"
	nobody := client{base: c.base, journal: c.journal}
	form := url.Values{
		"grant_type":           {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token_type":   {"urn:ietf:params:oauth:token-type:jwt"},
		"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
		"identity_pool_id":     {pool},
		"expires_in":           {"300"},
	}
	var given struct {
		Token   string `json:"access_token"`
		Type    string `json:"token_type"`
		Issued  string `json:"issued_token_type"`
		Expires int32  `json:"expires_in"`
	}
	for subject, status := range map[string]int{"stranger": http.StatusBadRequest, "go": http.StatusOK} {
		token, err := issuing.token(subject)
		if err != nil {
			return "", err
		}
		form.Set("subject_token", token)
		if err := nobody.want(status, "POST", path, form, &given); err != nil {
			return "", err
		}
	}
	if given.Type != "Bearer" || given.Expires != 300 || given.Issued == "" {
		return "", fmt.Errorf("POST %s: %+v", path, given)
	}
	return given.Token, nil
}
