package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/mail"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	loammail "github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
)

// ownTeam makes the account that creates a team its owner, in the same transaction.
func (s *service) ownTeam(e *record.WriteEvent) error {
	if e.Action != record.ActionCreate || e.Caller.Auth == nil || e.Caller.Superuser() {
		return nil
	}
	_, err := e.Records.Create(e.Context, record.Root(), "memberships", record.Input{Body: map[string]any{
		"team": e.Record.ID(), "user": e.Caller.Auth.ID(), "role": "owner",
	}})
	return err
}

type invite struct {
	Email string `json:"email"`
	Role  string `json:"role"`
}

// invite stores an invitation and sends it by mail. Only owners and admins of the team may invite.
func (s *service) invite(w http.ResponseWriter, r *api.Request) error {
	var in invite
	if err := r.Decode(&in); err != nil {
		return err
	}
	team, err := s.App.Records().FindByID(r.Context(), "teams", r.PathValue("team"))
	if err != nil {
		return err
	}
	mine, err := s.App.Records().Find(r.Context(), record.Root(), record.Query{
		Collection: "memberships", Filter: "team = {:team} && user = {:user} && role != 'member'",
		Params: map[string]any{"team": team.ID(), "user": r.Caller.Auth.ID()}, Limit: 1,
	})
	if err != nil {
		return err
	}
	if len(mine) == 0 { // the answer must not tell others that the team exists
		return fault.New(fault.NotFound, "")
	}
	invitation, err := s.App.Records().Create(r.Context(), record.Root(), "invitations", record.Input{Body: map[string]any{
		"team": team.ID(), "email": in.Email, "role": in.Role,
	}})
	if err != nil {
		return err
	}
	link := loammail.BaseURL(s.App.Settings().Current().Meta) + "/join/" + invitation.Text("token")
	err = s.App.Mails().Queue(&loammail.Message{
		To:      []mail.Address{{Address: in.Email}},
		Subject: "Join " + team.Text("name"),
		HTML:    fmt.Sprintf(`<p><a href="%s">Join %s</a></p>`, html.EscapeString(link), html.EscapeString(team.Text("name"))),
		Secrets: []string{invitation.Text("token")},
	}, nil)
	if err != nil {
		return err
	}
	return api.NoContent(w)
}

// accept makes the caller a member of the team and deletes the invitation. The invitation must be
// for the e-mail address of the caller, and the address must be verified.
func (s *service) accept(w http.ResponseWriter, r *api.Request) error {
	err := s.App.Transaction(r.Context(), func(tx *core.Tx) error {
		invitation, err := tx.Records.FindFirst(tx.Context, "invitations", "token", r.PathValue("token"), false)
		if err != nil {
			return err
		}
		if me := r.Caller.Auth; invitation.Text("email") != me.Text("email") || !me.Bool("verified") {
			return fault.New(fault.Forbidden, "The invitation is for somebody else, or your address is not verified.")
		}
		if _, err := tx.Records.Create(tx.Context, record.Root(), "memberships", record.Input{Body: map[string]any{
			"team": invitation.Text("team"), "user": r.Caller.Auth.ID(), "role": invitation.Text("role"),
		}}); err != nil {
			return err
		}
		return tx.Records.Delete(tx.Context, record.Root(), "invitations", invitation.ID())
	})
	if err != nil {
		return err
	}
	return api.NoContent(w)
}

func (s *service) front(w http.ResponseWriter, r *api.Request) error {
	teams, err := s.App.Records().Count(r.Context(), "teams")
	if err != nil {
		return err
	}
	return api.HTML(w, http.StatusOK, func(out io.Writer) error { return front(teams).Render(r.Context(), out) })
}

func (s *service) showInvitation(w http.ResponseWriter, r *api.Request) error {
	i, err := s.App.Records().FindFirst(r.Context(), "invitations", "token", r.PathValue("token"), false)
	if err != nil {
		return err
	}
	team, err := s.App.Records().FindByID(r.Context(), "teams", i.Text("team"))
	if err != nil {
		return err
	}
	return api.HTML(w, http.StatusOK, func(out io.Writer) error {
		return invitation(team.Text("name"), i.Text("role"), i.Text("email")).Render(r.Context(), out)
	})
}
