package provider

// kind is a known provider.
type kind struct {
	name, display string

	noPKCE      bool
	scopes      []string
	authURL     string
	tokenURL    string
	userInfoURL string
	authParams  map[string]string // in addition to the usual parameters
	headers     map[string]string // of requests with a token; clientID stands for the configured one
	graphQL     string            // the query to post, for providers without a GET address

	// Paths in the answer, below the path of.
	of, id, personName, username, avatar, email string
	verified                                    string   // must be true for the e-mail address to count
	active                                      []string // "path=value": must hold

	read func(*answer) error        // requests the answer in another way
	more func(*answer, *User) error // reads data that the paths cannot describe

	oidc    bool   // discovery is possible
	issuer  string // of id_tokens, if it is fixed
	jwksURL string // the keys of id_tokens
}

// clientID stands for the configured client id in headers.
const clientID = "CLIENT_ID"

// kinds are the providers, in the order of lists.
var kinds = []*kind{
	{name: "apple", display: "Apple", scopes: []string{"name", "email"}, authParams: map[string]string{"response_mode": "form_post"},
		authURL: "https://appleid.apple.com/auth/authorize", tokenURL: "https://appleid.apple.com/auth/token",
		issuer: appleIssuer, jwksURL: "https://appleid.apple.com/auth/keys", read: readIDToken,
		id: "sub", personName: "name", email: "email", verified: "email_verified"},

	{name: "google", display: "Google",
		scopes:  []string{"https://www.googleapis.com/auth/userinfo.profile", "https://www.googleapis.com/auth/userinfo.email"},
		authURL: "https://accounts.google.com/o/oauth2/v2/auth", tokenURL: "https://oauth2.googleapis.com/token",
		userInfoURL: "https://www.googleapis.com/oauth2/v3/userinfo",
		id:          "sub", personName: "name", avatar: "picture", email: "email", verified: "email_verified"},

	{name: "microsoft", display: "Microsoft", scopes: []string{"User.Read"},
		authURL: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize", tokenURL: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
		userInfoURL: "https://graph.microsoft.com/v1.0/me",
		id:          "id", personName: "displayName", email: "mail", more: microsoftEmail},

	{name: "yandex", display: "Yandex", scopes: []string{"login:email", "login:avatar", "login:info"},
		authURL: "https://oauth.yandex.com/authorize", tokenURL: "https://oauth.yandex.com/token", userInfoURL: "https://login.yandex.ru/info",
		id: "id", personName: "real_name", username: "login", email: "default_email", more: yandexAvatar},

	{name: "facebook", display: "Facebook", scopes: []string{"email"},
		authURL: "https://www.facebook.com/v3.2/dialog/oauth", tokenURL: "https://graph.facebook.com/v3.2/oauth/access_token",
		userInfoURL: "https://graph.facebook.com/me?fields=name,email,picture.type(large)",
		id:          "id", personName: "name", avatar: "picture.data.url", email: "email"},

	{name: "instagram2", display: "Instagram", scopes: []string{"instagram_business_basic"},
		authURL: "https://www.instagram.com/oauth/authorize", tokenURL: "https://api.instagram.com/oauth/access_token",
		userInfoURL: "https://graph.instagram.com/me?fields=id,username,account_type,user_id,name,profile_picture_url,followers_count,follows_count,media_count",
		id:          "user_id", personName: "name", username: "username", avatar: "profile_picture_url"},

	{name: "github", display: "GitHub", scopes: []string{"read:user", "user:email"},
		authURL: "https://github.com/login/oauth/authorize", tokenURL: "https://github.com/login/oauth/access_token", userInfoURL: "https://api.github.com/user",
		id: "id", personName: "name", username: "login", avatar: "avatar_url", more: emailFrom("/emails", "", "primary", "verified")},

	{name: "gitlab", display: "GitLab", scopes: []string{"read_user"},
		authURL: "https://gitlab.com/oauth/authorize", tokenURL: "https://gitlab.com/oauth/token", userInfoURL: "https://gitlab.com/api/v4/user",
		id: "id", personName: "name", username: "username", avatar: "avatar_url", more: gitlabEmail},

	{name: "bitbucket", display: "Bitbucket", noPKCE: true, scopes: []string{"account"},
		authURL: "https://bitbucket.org/site/oauth2/authorize", tokenURL: "https://bitbucket.org/site/oauth2/access_token", userInfoURL: "https://api.bitbucket.org/2.0/user",
		id: "uuid", personName: "display_name", username: "username", avatar: "links.avatar.href", active: []string{"account_status=active"},
		more: emailFrom("/emails", "values", "is_primary", "is_confirmed")},

	{name: "gitee", display: "Gitee", scopes: []string{"user_info", "emails"},
		authURL: "https://gitee.com/oauth/authorize", tokenURL: "https://gitee.com/oauth/token", userInfoURL: "https://gitee.com/api/v5/user",
		id: "id", personName: "name", username: "login", avatar: "avatar_url", more: giteeEmail},

	{name: "gitea", display: "Gitea/Forgejo", scopes: []string{"read:user", "user:email"},
		authURL: "https://gitea.com/login/oauth/authorize", tokenURL: "https://gitea.com/login/oauth/access_token", userInfoURL: "https://gitea.com/api/v1/user",
		id: "id", personName: "full_name", username: "login", avatar: "avatar_url", active: []string{"active=true"},
		more: emailFrom("/emails", "", "primary", "verified")},

	{name: "discord", display: "Discord", scopes: []string{"identify", "email"},
		authURL: "https://discord.com/api/oauth2/authorize", tokenURL: "https://discord.com/api/oauth2/token", userInfoURL: "https://discord.com/api/users/@me",
		id: "id", personName: "global_name", username: "username", email: "email", verified: "verified", more: discordPerson},

	{name: "twitter", display: "X/Twitter", scopes: []string{"users.read", "users.email", "tweet.read"},
		authURL: "https://x.com/i/oauth2/authorize", tokenURL: "https://api.x.com/2/oauth2/token",
		userInfoURL: "https://api.x.com/2/users/me?user.fields=id,name,username,profile_image_url,confirmed_email",
		of:          "data", id: "id", personName: "name", username: "username", avatar: "profile_image_url", email: "confirmed_email"},

	{name: "kakao", display: "Kakao", scopes: []string{"account_email", "profile_nickname", "profile_image"},
		authURL: "https://kauth.kakao.com/oauth/authorize", tokenURL: "https://kauth.kakao.com/oauth/token", userInfoURL: "https://kapi.kakao.com/v2/user/me",
		id: "id", username: "properties.nickname", avatar: "properties.profile_image", email: "kakao_account.email",
		verified: "kakao_account.is_email_verified", more: kakaoEmail},

	{name: "vk", display: "ВКонтакте", noPKCE: true, scopes: []string{"email"},
		authURL: "https://oauth.vk.com/authorize", tokenURL: "https://oauth.vk.com/access_token",
		userInfoURL: "https://api.vk.com/method/users.get?fields=photo_max,screen_name&v=5.131",
		of:          "response.0", id: "id", username: "screen_name", avatar: "photo_max", more: vkPerson},

	{name: "linear", display: "Linear", noPKCE: true, scopes: []string{"read"},
		authURL: "https://linear.app/oauth/authorize", tokenURL: "https://api.linear.app/oauth/token", userInfoURL: "https://api.linear.app/graphql",
		graphQL: "query { viewer { id name displayName email avatarUrl active } }",
		of:      "data.viewer", id: "id", personName: "name", username: "displayName", avatar: "avatarUrl", email: "email", active: []string{"active=true"}},

	{name: "notion", display: "Notion", authParams: map[string]string{"owner": "user"}, headers: map[string]string{"Notion-Version": "2022-06-28"},
		authURL: "https://api.notion.com/v1/oauth/authorize", tokenURL: "https://api.notion.com/v1/oauth/token", userInfoURL: "https://api.notion.com/v1/users/me",
		of: "bot.owner.user", id: "id", personName: "name", avatar: "avatar_url", email: "person.email"},

	{name: "monday", display: "monday.com", scopes: []string{"me:read"},
		authURL: "https://auth.monday.com/oauth2/authorize", tokenURL: "https://auth.monday.com/oauth2/token", userInfoURL: "https://api.monday.com/v2",
		graphQL: "query { me { id enabled name email is_verified photo_small } }",
		of:      "data.me", id: "id", personName: "name", avatar: "photo_small", email: "email", verified: "is_verified", active: []string{"enabled=true"}},

	{name: "lark", display: "Lark",
		authURL: "https://accounts.feishu.cn/open-apis/authen/v1/authorize", tokenURL: "https://open.feishu.cn/open-apis/authen/v2/oauth/token",
		userInfoURL: "https://open.feishu.cn/open-apis/authen/v1/user_info",
		of:          "data", id: "union_id", personName: "name", avatar: "avatar_url"},

	{name: "box", display: "Box", scopes: []string{"root_readonly"},
		authURL: "https://account.box.com/api/oauth2/authorize", tokenURL: "https://api.box.com/oauth2/token", userInfoURL: "https://api.box.com/2.0/users/me",
		id: "id", personName: "name", avatar: "avatar_url", email: "login", active: []string{"status=active"}},

	{name: "spotify", display: "Spotify", scopes: []string{"user-read-private"},
		authURL: "https://accounts.spotify.com/authorize", tokenURL: "https://accounts.spotify.com/api/token", userInfoURL: "https://api.spotify.com/v1/me",
		id: "id", personName: "display_name", avatar: "images.0.url"},

	{name: "trakt", display: "Trakt", headers: map[string]string{"trakt-api-key": clientID, "trakt-api-version": "2"},
		authURL: "https://trakt.tv/oauth/authorize", tokenURL: "https://api.trakt.tv/oauth/token", userInfoURL: "https://api.trakt.tv/users/settings",
		of: "user", id: "ids.uuid", personName: "name", username: "username", avatar: "images.avatar.full"},

	{name: "twitch", display: "Twitch", scopes: []string{"user:read:email"}, headers: map[string]string{"Client-Id": clientID},
		authURL: "https://id.twitch.tv/oauth2/authorize", tokenURL: "https://id.twitch.tv/oauth2/token", userInfoURL: "https://api.twitch.tv/helix/users",
		of: "data.0", id: "id", personName: "display_name", username: "login", avatar: "profile_image_url", email: "email"},

	{name: "patreon", display: "Patreon", scopes: []string{"identity", "identity[email]"},
		authURL: "https://www.patreon.com/oauth2/authorize", tokenURL: "https://www.patreon.com/api/oauth2/token",
		userInfoURL: "https://www.patreon.com/api/oauth2/v2/identity?fields%5Buser%5D=full_name,email,vanity,image_url,is_email_verified",
		of:          "data", id: "id", personName: "attributes.full_name", username: "attributes.vanity", avatar: "attributes.image_url",
		email: "attributes.email", verified: "attributes.is_email_verified"},

	{name: "strava", display: "Strava", scopes: []string{"profile:read_all"},
		authURL: "https://www.strava.com/oauth/authorize", tokenURL: "https://www.strava.com/api/v3/oauth/token", userInfoURL: "https://www.strava.com/api/v3/athlete",
		id: "id", username: "username", avatar: "profile", more: nameOf("firstname", "lastname")},

	{name: "wakatime", display: "WakaTime", scopes: []string{"email"},
		authURL: "https://wakatime.com/oauth/authorize", tokenURL: "https://wakatime.com/oauth/token", userInfoURL: "https://wakatime.com/api/v1/users/current",
		of: "data", id: "id", personName: "display_name", username: "username", email: "email", verified: "is_email_confirmed", more: wakatimePhoto},

	{name: "livechat", display: "LiveChat",
		authURL: "https://accounts.livechat.com/", tokenURL: "https://accounts.livechat.com/token", userInfoURL: "https://accounts.livechat.com/v2/accounts/me",
		id: "account_id", personName: "name", avatar: "avatar_url", email: "email", verified: "email_verified"},

	{name: "mailcow", display: "mailcow", scopes: []string{"profile"},
		id: "id", personName: "full_name", email: "email", active: []string{"active=1"}, more: mailcowUsername},

	{name: "planningcenter", display: "Planning Center", scopes: []string{"people"},
		authURL: "https://api.planningcenteronline.com/oauth/authorize", tokenURL: "https://api.planningcenteronline.com/oauth/token",
		userInfoURL: "https://api.planningcenteronline.com/people/v2/me",
		of:          "data", id: "id", personName: "attributes.name", avatar: "attributes.avatar", active: []string{"attributes.status=active"}},

	openID("oidc"), openID("oidc2"), openID("oidc3"),
}

// openID returns a provider that speaks OpenID Connect, at any address.
func openID(name string) *kind {
	return &kind{name: name, display: "OIDC", scopes: []string{"openid", "email", "profile"}, oidc: true, read: readOpenID,
		id: "sub", personName: "name", username: "preferred_username", avatar: "picture", email: "email", verified: "email_verified"}
}

// find returns the named provider, nil if there is none.
func find(name string) *kind {
	for _, k := range kinds {
		if k.name == name {
			return k
		}
	}
	return nil
}
