package provider

import (
	"errors"
	"net/http"
	"strings"
)

// emailFrom returns a function that reads the e-mail address from a list at a path below the
// address of the user info: the item for which all the properties are true. If the list cannot be
// read, the person has no address.
func emailFrom(path, of string, properties ...string) func(*answer, *User) error {
	return func(a *answer, u *User) error {
		return a.emailIn(a.endpoints.userInfoURL+path, of, u, func(item tree) bool {
			for _, name := range properties {
				if !item.yes(name) {
					return false
				}
			}
			return true
		})
	}
}

// emailIn sets the address of the first item, in the list at a URL, for which good returns true.
func (a *answer) emailIn(url, of string, u *User, good func(tree) bool) error {
	u.Email = ""
	var list tree
	err := a.client.get(a.ctx, url, a.token, &list.value)
	var status statusError
	if errors.As(err, &status) && (status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, item := range list.items(of) {
		if good(item) {
			u.Email = item.text("email")
			return nil
		}
	}
	return nil
}

// nameOf returns a function that makes the name from a first and a last name.
func nameOf(first, last string) func(*answer, *User) error {
	return func(a *answer, u *User) error {
		of := a.info.at(a.client.kind.of)
		u.Name = strings.TrimSpace(of.text(first) + " " + of.text(last))
		return nil
	}
}

func yandexAvatar(a *answer, u *User) error {
	if id := a.info.text("default_avatar_id"); id != "" && !a.info.yes("is_avatar_empty") {
		u.AvatarURL = "https://avatars.yandex.net/get-yapic/" + id + "/islands-200"
	}
	return nil
}

func gitlabEmail(a *answer, u *User) error {
	if a.info.text("confirmed_at") != "" {
		u.Email = a.info.text("email")
	}
	return nil
}

// giteeEmail reads the public address, else the primary address of the list.
func giteeEmail(a *answer, u *User) error {
	if u.Email = a.info.text("email"); u.Email != "" {
		return nil
	}
	return a.emailIn(strings.TrimSuffix(a.endpoints.userInfoURL, "/user")+"/emails", "", u, func(item tree) bool {
		primary := false
		for _, scope := range item.items("scope") {
			primary = primary || scope.value == "primary"
		}
		return primary && item.text("state") == "confirmed"
	})
}

func discordPerson(a *answer, u *User) error {
	if u.Name == "" {
		u.Name = u.Username
		if number := a.info.text("discriminator"); number != "" && number != "0" {
			u.Name += "#" + number
		}
	}
	if avatar := a.info.text("avatar"); avatar != "" {
		u.AvatarURL = "https://cdn.discordapp.com/avatars/" + u.ID + "/" + avatar + ".png"
	}
	return nil
}

func kakaoEmail(a *answer, u *User) error {
	if !a.info.yes("kakao_account.is_email_valid") {
		u.Email = ""
	}
	return nil
}

func vkPerson(a *answer, u *User) error {
	u.Email, _ = a.token.Extra("email").(string)
	return nameOf("first_name", "last_name")(a, u)
}

func wakatimePhoto(a *answer, u *User) error {
	if a.info.yes("data.is_photo_public") {
		u.AvatarURL = a.info.text("data.photo")
	}
	return nil
}

func mailcowUsername(a *answer, u *User) error {
	u.Username, _, _ = strings.Cut(a.info.text("username"), "@")
	return nil
}
