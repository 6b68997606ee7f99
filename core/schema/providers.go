// The names of known OAuth2 providers.

package schema

import "slices"

// KnownProvider reports whether an OAuth2 provider with the name can be configured.
func KnownProvider(name string) bool {
	return slices.Contains([]string{"apple", "google", "microsoft", "yandex", "facebook", "instagram2", "github",
		"gitlab", "bitbucket", "gitee", "gitea", "discord", "twitter", "kakao", "vk", "linear", "notion", "monday",
		"lark", "box", "spotify", "trakt", "twitch", "patreon", "strava", "wakatime", "livechat", "mailcow",
		"planningcenter", "oidc", "oidc2", "oidc3"}, name)
}
