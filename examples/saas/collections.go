package main

import "github.com/loambase/loam/core"

// collections are the collections of the program. A membership has a team, a user and a role.
const collections = `[
	{"id": "pbc_teams000001", "name": "teams", "type": "base",
		"listRule": "memberships_via_team.user ?= @request.auth.id",
		"viewRule": "memberships_via_team.user ?= @request.auth.id",
		"createRule": "@request.auth.collectionName = 'users' && @request.body.plan:isset = false",
		"updateRule": "@request.body.plan:isset = false && @collection.memberships.team ?= id && @collection.memberships.user ?= @request.auth.id && @collection.memberships.role ?= 'owner'",
		"fields": [
			{"name": "name", "type": "text", "required": true, "max": 100},
			{"name": "plan", "type": "select", "values": ["free", "pro"]}]},
	{"id": "pbc_members0001", "name": "memberships", "type": "base",
		"listRule": "team.memberships_via_team.user ?= @request.auth.id",
		"viewRule": "team.memberships_via_team.user ?= @request.auth.id",
		"deleteRule": "user = @request.auth.id && role != 'owner'",
		"indexes": ["CREATE UNIQUE INDEX idx_member ON memberships (team, user)"],
		"fields": [
			{"name": "team", "type": "relation", "collectionId": "pbc_teams000001", "required": true, "cascadeDelete": true},
			{"name": "user", "type": "relation", "collectionId": "_pb_users_auth_", "required": true, "cascadeDelete": true},
			{"name": "role", "type": "select", "values": ["owner", "admin", "member"], "required": true}]},
	{"id": "pbc_invites0001", "name": "invitations", "type": "base",
		"indexes": ["CREATE UNIQUE INDEX idx_invitation ON invitations (team, email)"],
		"fields": [
			{"name": "team", "type": "relation", "collectionId": "pbc_teams000001", "required": true, "cascadeDelete": true},
			{"name": "email", "type": "email", "required": true},
			{"name": "role", "type": "select", "values": ["admin", "member"], "required": true},
			{"name": "token", "type": "text", "hidden": true, "autogeneratePattern": "[a-z0-9]{40}"},
			{"name": "created", "type": "autodate", "onCreate": true}]},
	{"id": "pbc_outbox00001", "name": "outbox", "type": "base",
		"fields": [
			{"name": "event", "type": "json", "required": true},
			{"name": "tries", "type": "number"},
			{"name": "created", "type": "autodate", "onCreate": true}]},
	{"id": "pbc_reports0001", "name": "reports", "type": "base",
		"listRule": "team.memberships_via_team.user ?= @request.auth.id",
		"fields": [
			{"name": "team", "type": "relation", "collectionId": "pbc_teams000001", "required": true, "cascadeDelete": true},
			{"name": "members", "type": "number"},
			{"name": "created", "type": "autodate", "onCreate": true}]}
]`

var migrations = []core.Migration{{
	Name: "0001_teams",
	Up:   func(tx *core.Tx) error { return tx.SetCollections(collections) },
	Down: func(tx *core.Tx) error {
		return tx.SetCollections("[]", "reports", "outbox", "invitations", "memberships", "teams")
	},
}}
