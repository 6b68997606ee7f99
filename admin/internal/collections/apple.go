package collections

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/auth"
)

// appleInputs are the inputs of the dialog that makes a client secret for Apple.
var appleInputs = []form.Input{
	{Name: "clientId", Label: "Client id", Help: "The identifier of the service, such as com.example.app.", Mono: true},
	{Name: "teamId", Label: "Team id", Help: "10 characters, in the membership of the developer account.", Mono: true},
	{Name: "keyId", Label: "Key id", Help: "10 characters, of a key for “Sign in with Apple”.", Mono: true},
	{Name: "duration", Label: "Good for", Help: "Apple accepts at most half a year: 182 days.", Unit: "days", Kind: form.Number},
	{Name: "privateKey", Label: "Private key", Help: "The content of the downloaded .p8 file. It is used once and not stored.", Kind: form.Code},
}

// askAppleSecret answers with the dialog for the provider in the form whose key is the parameter
// _key.
func askAppleSecret(c *console.Call) error {
	in, err := authOf(c)
	if err != nil {
		return err
	}
	query := c.R.URL.Query()
	key := query.Get("_key")
	document := form.Document{"clientId": query.Get("providers." + key + ".clientId"), "duration": "180"}
	return c.Dialog(http.StatusOK, appleDialog(in, key, document))
}

// appleSecret makes a client secret. The event clientsecret brings the secret and its client id to
// the form on the page. The private key is not stored.
func appleSecret(c *console.Call) error {
	if _, err := authOf(c); err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	sent := c.R.PostForm
	days, err := strconv.ParseInt(strings.TrimSpace(sent.Get("duration")), 10, 32)
	if err != nil {
		return form.Refuse(c, http.StatusUnprocessableEntity, []form.Problem{{Name: "duration", Message: "This is no whole number."}})
	}
	id := strings.TrimSpace(sent.Get("clientId"))
	life := time.Duration(days) * 24 * time.Hour
	secret, err := c.Auth.AppleSecret(c.Caller, auth.AppleSecretForm{
		ClientID: id, TeamID: strings.TrimSpace(sent.Get("teamId")), KeyID: strings.TrimSpace(sent.Get("keyId")),
		PrivateKey: sent.Get("privateKey"), Duration: int64(life / time.Second),
	})
	if err != nil {
		return form.Fail(c, err)
	}
	until := c.App.Config.Now().Add(life).UTC().Format(time.DateOnly)
	return c.Event("clientsecret", map[string]string{"key": sent.Get("provider"), "clientId": id, "secret": secret,
		"words": "Made a secret that is good until " + until + ". Save to keep it."})
}
