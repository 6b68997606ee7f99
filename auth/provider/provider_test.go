package provider

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/schema"
)

// TestKnownProviders compares the table with the list of package schema, which validates
// configurations.
func TestKnownProviders(t *testing.T) {
	t.Parallel()
	for _, k := range List() {
		if !schema.KnownProvider(k.Name) {
			t.Errorf("%s cannot be configured", k.Name)
		}
	}
	if n := len(List()); n != 32 {
		t.Errorf("%d providers, want 32", n)
	}
}

// service is a test provider: it answers with tokens for the code "good", and with the answer for a
// path.
type service struct {
	*httptest.Server
	t       *testing.T
	token   string            // JSON, beside the access token
	answers map[string]string // by path
	asked   []*http.Request   // in their order, with their bodies read
	bodies  []string
}

func newService(t *testing.T) *service {
	s := &service{t: t, answers: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.asked, s.bodies = append(s.asked, r), append(s.bodies, string(body))
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/token" {
			form, _ := url.ParseQuery(string(body))
			if form.Get("code") != "good" {
				w.WriteHeader(http.StatusBadRequest)
				io.WriteString(w, `{"error":"invalid_grant","error_description":"the code is `+form.Get("code")+`"}`)
				return
			}
			io.WriteString(w, `{"access_token":"at","refresh_token":"rt","token_type":"bearer","expires_in":3600`+s.token+`}`)
			return
		}
		text, ok := s.answers[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	return s
}

// client returns a client for the provider at this test service.
func (s *service) client(name, extra string) *Client {
	s.t.Helper()
	k := find(name)
	userInfoURL := s.URL + "/user"
	if k.userInfoURL == "" && k.read != nil && !k.oidc {
		userInfoURL = "" // without an address for the user info
	}
	c, err := NewPool(time.Now).Client(schema.Provider{Name: name, ClientID: "our-id", ClientSecret: "hush", AuthURL: s.URL + "/auth", TokenURL: s.URL + "/token",
		UserInfoURL: userInfoURL, Extra: json.RawMessage(extra)})
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	return c
}

// who returns the person of the code "good", or the error.
func (s *service) who(c *Client) (*User, error) {
	token, err := c.Exchange(s.t.Context(), Grant{Code: "good", Verifier: "v", RedirectURL: "https://app.test/back"})
	if err != nil {
		s.t.Fatalf("%s: %v", c.config.Name, err)
	}
	return c.User(s.t.Context(), token)
}

func (u *User) String() string {
	return strings.Join([]string{u.ID, u.Name, u.Username, u.AvatarURL, u.Email}, "|")
}

// TestUserInfo reads the answers of each provider, in the form of its documentation.
func TestUserInfo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, answer string
		want         string            // id|name|username|avatar|email, or an error
		more         map[string]string // other paths
		token        string
	}{
		{name: "google", answer: `{"sub":"1","name":"Ann","picture":"p","email":"a@x.test","email_verified":true}`, want: "1|Ann||p|a@x.test"},
		{name: "google", answer: `{"sub":"1","name":"Ann","email":"a@x.test","email_verified":false}`, want: "1|Ann|||"},
		{name: "google", answer: `{"name":"Ann"}`, want: "does not tell who"},
		{name: "microsoft", answer: `{"id":"1","displayName":"Ann","mail":"a@x.test","userPrincipalName":"u"}`, want: "1|Ann|||a@x.test"},
		{name: "microsoft", answer: `{"id":"1","displayName":"Ann","mail":null}`, want: "1|Ann|||"},
		{name: "yandex", answer: `{"id":"1","real_name":"Ann B","login":"ann","default_avatar_id":"131/enapId","is_avatar_empty":false,"default_email":"a@x.test"}`,
			want: "1|Ann B|ann|https://avatars.yandex.net/get-yapic/131/enapId/islands-200|a@x.test"},
		{name: "yandex", answer: `{"id":"1","login":"ann","default_avatar_id":"0/0-0","is_avatar_empty":true}`, want: "1||ann||"},
		{name: "facebook", answer: `{"id":"1","name":"Ann","email":"a@x.test","picture":{"data":{"url":"p","width":200}}}`, want: "1|Ann||p|a@x.test"},
		{name: "instagram2", answer: `{"id":"9","user_id":"1","name":"Ann","username":"ann","profile_picture_url":"p","email":"a@x.test"}`, want: "1|Ann|ann|p|"},
		{name: "github", answer: `{"id":123456789012,"login":"ann","name":"Ann","avatar_url":"p","email":"public@x.test"}`, want: "123456789012|Ann|ann|p|a@x.test",
			more: map[string]string{"/user/emails": `[{"email":"b@x.test","primary":false,"verified":true},{"email":"a@x.test","primary":true,"verified":true}]`}},
		{name: "github", answer: `{"id":1,"login":"ann","email":"public@x.test"}`, want: "1||ann||",
			more: map[string]string{"/user/emails": `[{"email":"a@x.test","primary":true,"verified":false}]`}},
		{name: "github", answer: `{"id":1,"login":"ann"}`, want: "1||ann||"}, // 404
		{name: "github", answer: `{"id":0,"login":"ann"}`, want: "does not tell who"},
		{name: "gitlab", answer: `{"id":1,"name":"Ann","username":"ann","avatar_url":"p","email":"a@x.test","confirmed_at":"2020-01-01T00:00:00Z"}`, want: "1|Ann|ann|p|a@x.test"},
		{name: "gitlab", answer: `{"id":1,"name":"Ann","username":"ann","email":"a@x.test","confirmed_at":null}`, want: "1|Ann|ann||"},
		{name: "bitbucket", answer: `{"uuid":"{1}","display_name":"Ann","username":"ann","account_status":"active","links":{"avatar":{"href":"p"}}}`, want: "{1}|Ann|ann|p|a@x.test",
			more: map[string]string{"/user/emails": `{"values":[{"email":"b@x.test","is_primary":true,"is_confirmed":false},{"email":"a@x.test","is_primary":true,"is_confirmed":true}]}`}},
		{name: "bitbucket", answer: `{"uuid":"{1}","account_status":"closed"}`, want: "not active"},
		{name: "gitee", answer: `{"id":1,"name":"Ann","login":"ann","avatar_url":"p","email":"a@x.test"}`, want: "1|Ann|ann|p|a@x.test"},
		{name: "gitee", answer: `{"id":1,"login":"ann","email":null}`, want: "1||ann||b@x.test",
			more: map[string]string{"/emails": `[{"email":"a@x.test","state":"unconfirmed","scope":["primary"]},{"email":"c@x.test","state":"confirmed","scope":[]},{"email":"b@x.test","state":"confirmed","scope":["primary","notified"]}]`}},
		{name: "gitea", answer: `{"id":1,"full_name":"Ann","login":"ann","avatar_url":"p","email":"x@x.test","active":true}`, want: "1|Ann|ann|p|a@x.test",
			more: map[string]string{"/user/emails": `[{"email":"a@x.test","primary":true,"verified":true}]`}},
		{name: "gitea", answer: `{"id":1,"login":"ann","active":false}`, want: "not active"},
		{name: "discord", answer: `{"id":"1","username":"ann","global_name":"Ann","avatar":"h","discriminator":"0","email":"a@x.test","verified":true}`,
			want: "1|Ann|ann|https://cdn.discordapp.com/avatars/1/h.png|a@x.test"},
		{name: "discord", answer: `{"id":"1","username":"ann","global_name":null,"avatar":null,"discriminator":"1337","email":"a@x.test","verified":false}`, want: "1|ann#1337|ann||"},
		{name: "twitter", answer: `{"data":{"id":"1","name":"Ann","username":"ann","profile_image_url":"p","confirmed_email":"a@x.test"}}`, want: "1|Ann|ann|p|a@x.test"},
		{name: "kakao", answer: `{"id":1,"properties":{"nickname":"ann","profile_image":"p"},"kakao_account":{"email":"a@x.test","is_email_valid":true,"is_email_verified":true}}`, want: "1||ann|p|a@x.test"},
		{name: "kakao", answer: `{"id":1,"kakao_account":{"email":"a@x.test","is_email_valid":false,"is_email_verified":true}}`, want: "1||||"},
		{name: "kakao", answer: `{"id":1,"kakao_account":{"email":"a@x.test","is_email_valid":true,"is_email_verified":false}}`, want: "1||||"},
		{name: "vk", answer: `{"response":[{"id":1,"first_name":"Ann","last_name":"B","screen_name":"ann","photo_max":"p"}]}`, want: "1|Ann B|ann|p|a@x.test", token: `,"email":"a@x.test"`},
		{name: "vk", answer: `{"response":[]}`, want: "does not tell who"},
		{name: "linear", answer: `{"data":{"viewer":{"id":"1","name":"Ann B","displayName":"ann","email":"a@x.test","avatarUrl":"p","active":true}}}`, want: "1|Ann B|ann|p|a@x.test"},
		{name: "linear", answer: `{"data":{"viewer":{"id":"1","active":false}}}`, want: "not active"},
		{name: "notion", answer: `{"bot":{"owner":{"user":{"id":"1","name":"Ann","avatar_url":"p","person":{"email":"a@x.test"}}}}}`, want: "1|Ann||p|a@x.test"},
		{name: "monday", answer: `{"data":{"me":{"id":"1","enabled":true,"name":"Ann","email":"a@x.test","is_verified":true,"photo_small":"p"}}}`, want: "1|Ann||p|a@x.test"},
		{name: "monday", answer: `{"data":{"me":{"id":"1","enabled":true,"name":"Ann","email":"a@x.test","is_verified":false}}}`, want: "1|Ann|||"},
		{name: "monday", answer: `{"data":{"me":{"id":"1","enabled":false}}}`, want: "not active"},
		{name: "lark", answer: `{"code":0,"data":{"union_id":"1","name":"Ann","avatar_url":"p","email":"a@x.test"}}`, want: "1|Ann||p|"},
		{name: "box", answer: `{"id":"1","name":"Ann","avatar_url":"p","login":"a@x.test","status":"active"}`, want: "1|Ann||p|a@x.test"},
		{name: "box", answer: `{"id":"1","status":"inactive"}`, want: "not active"},
		{name: "spotify", answer: `{"id":"1","display_name":"Ann","images":[{"url":"p"},{"url":"q"}],"email":"a@x.test"}`, want: "1|Ann||p|"},
		{name: "spotify", answer: `{"id":"1","display_name":"Ann","images":[]}`, want: "1|Ann|||"},
		{name: "trakt", answer: `{"user":{"username":"ann","name":"Ann","ids":{"slug":"s","uuid":"1"},"images":{"avatar":{"full":"p"}}}}`, want: "1|Ann|ann|p|"},
		{name: "twitch", answer: `{"data":[{"id":"1","login":"ann","display_name":"Ann","profile_image_url":"p","email":"a@x.test"}]}`, want: "1|Ann|ann|p|a@x.test"},
		{name: "twitch", answer: `{"data":[]}`, want: "does not tell who"},
		{name: "patreon", answer: `{"data":{"id":"1","attributes":{"full_name":"Ann","vanity":"ann","image_url":"p","email":"a@x.test","is_email_verified":true}}}`, want: "1|Ann|ann|p|a@x.test"},
		{name: "patreon", answer: `{"data":{"id":"1","attributes":{"email":"a@x.test","is_email_verified":false}}}`, want: "1||||"},
		{name: "strava", answer: `{"id":1,"username":"ann","firstname":"Ann","lastname":"B","profile":"p"}`, want: "1|Ann B|ann|p|"},
		{name: "strava", answer: `{"id":0}`, want: "does not tell who"},
		{name: "wakatime", answer: `{"data":{"id":"1","display_name":"Ann","username":"ann","photo":"p","is_photo_public":true,"email":"a@x.test","is_email_confirmed":true}}`, want: "1|Ann|ann|p|a@x.test"},
		{name: "wakatime", answer: `{"data":{"id":"1","photo":"p","is_photo_public":false,"email":"a@x.test","is_email_confirmed":false}}`, want: "1||||"},
		{name: "livechat", answer: `{"account_id":"1","name":"Ann","avatar_url":"p","email":"a@x.test","email_verified":true}`, want: "1|Ann||p|a@x.test"},
		{name: "livechat", answer: `{"account_id":"1","email":"a@x.test","email_verified":false}`, want: "1||||"},
		{name: "mailcow", answer: `{"id":"1","full_name":"Ann","username":"ann@x.test","email":"a@x.test","active":1}`, want: "1|Ann|ann||a@x.test"},
		{name: "mailcow", answer: `{"id":"1","active":0}`, want: "not active"},
		{name: "planningcenter", answer: `{"data":{"id":"1","attributes":{"name":"Ann","avatar":"p","status":"active"}}}`, want: "1|Ann||p|"},
		{name: "planningcenter", answer: `{"data":{"id":"1","attributes":{"status":"inactive"}}}`, want: "not active"},
		{name: "oidc", answer: `{"sub":"1","name":"Ann","preferred_username":"ann","picture":"p","email":"a@x.test","email_verified":"true"}`, want: "1|Ann|ann|p|a@x.test"},
		{name: "oidc2", answer: `{"sub":"1","email":"a@x.test","email_verified":"false"}`, want: "1||||"},
		{name: "oidc3", answer: `{"sub":"1","email":"no address","email_verified":true}`, want: "1||||"},
	} {
		s := newService(t)
		s.token, s.answers = tt.token, map[string]string{"/user": tt.answer}
		for path, text := range tt.more {
			s.answers[path] = text
		}
		u, err := s.who(s.client(tt.name, ""))
		if err != nil {
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
			}
			continue
		}
		if u.String() != tt.want || u.AccessToken != "at" || u.RefreshToken != "rt" || u.Expiry.IsZero() || len(u.Raw) == 0 {
			t.Errorf("%s: %+v, want %s", tt.name, u, tt.want)
		}
	}
}

// TestEveryProviderIsAsked demands a test case for each row of the table.
func TestEveryProviderIsAsked(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		if k.name == "apple" { // openid_test.go
			continue
		}
		s := newService(t)
		s.answers["/user"] = `{}`
		c := s.client(k.name, "")
		if _, err := s.who(c); err == nil {
			t.Errorf("%s: nobody is somebody", k.name)
		}
		asked, body := s.asked[len(s.asked)-1], s.bodies[len(s.bodies)-1]
		if asked.Header.Get("Authorization") != "Bearer at" || (asked.Method == http.MethodPost) != (k.graphQL != "") || k.graphQL != "" && !strings.Contains(body, "query {") {
			t.Errorf("%s: the user is asked by %s with %v %s", k.name, asked.Method, asked.Header, body)
		}
		for name, value := range k.headers {
			if value == clientID {
				value = "our-id"
			}
			if asked.Header.Get(name) != value {
				t.Errorf("%s: the header %s is %q, want %q", k.name, name, asked.Header.Get(name), value)
			}
		}
		form, _ := url.ParseQuery(s.bodies[0])
		if sent := form.Has("code_verifier"); sent != c.PKCE() || form.Get("redirect_uri") != "https://app.test/back" || form.Get("grant_type") != "authorization_code" {
			t.Errorf("%s: the code is exchanged by %v", k.name, form)
		}
		if public, err := url.Parse(k.authURL); err != nil || k.authURL != "" && public.Scheme != "https" {
			t.Errorf("%s: the address %q", k.name, k.authURL)
		}
	}
}

func TestAuthURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, config string
		want         []string
		not          string
	}{
		{"google", "", []string{"https://accounts.google.com/o/oauth2/v2/auth?client_id=our-id&", "code_challenge=iMnq5o6zALKXGivsnlom_0F5_WYda32GHkxlV7mq7hQ&code_challenge_method=S256",
			"response_type=code", "scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fuserinfo.profile+", "state=st"}, "redirect_uri=h"},
		{"apple", "", []string{"response_mode=form_post", "scope=name+email"}, ""},
		{"notion", "", []string{"owner=user"}, "scope"},
		{"vk", "", []string{"https://oauth.vk.com/authorize?"}, "code_challenge"},
		{"github", `{"pkce":false}`, nil, "code_challenge"},
		{"linear", `{"pkce":true}`, []string{"code_challenge"}, ""},
		{"gitlab", `{"authURL":"https://git.test/oauth"}`, []string{"https://git.test/oauth?"}, ""},
		{"microsoft", "", []string{"scope=User.Read&"}, "openid"},
		{"microsoft", `{"extra":{"idTokenEmailClaim":"email"}}`, []string{"scope=openid+User.Read&"}, ""},
	} {
		config := schema.Provider{Name: tt.name, ClientID: "our-id", ClientSecret: "hush"}
		if tt.config != "" {
			if err := json.Unmarshal([]byte(tt.config), &config); err != nil {
				t.Fatal(err)
			}
		}
		c, err := NewPool(time.Now).Client(config)
		if err != nil {
			t.Fatal(err)
		}
		verifier := ""
		if c.PKCE() {
			verifier = "verifier"
		}
		got, err := c.AuthURL(t.Context(), "st", verifier)
		if err != nil || !strings.HasSuffix(got, "&redirect_uri=") || tt.not != "" && strings.Contains(got, tt.not) || strings.Contains(got, "hush") {
			t.Errorf("%s: %s, %v", tt.name, got, err)
		}
		for _, part := range tt.want {
			if !strings.Contains(got, part) {
				t.Errorf("%s: %s misses %s", tt.name, got, part)
			}
		}
	}
}

// TestExchangeFails checks that errors name the cause, and contain no secret.
func TestExchangeFails(t *testing.T) {
	t.Parallel()
	s := newService(t)
	_, err := s.client("github", "").Exchange(t.Context(), Grant{Code: "bad-code"})
	refused, ok := err.(interface{ Unwrap() error })
	if !ok || fmt.Sprintf("%T", refused.Unwrap()) != "*provider.Refused" || strings.Contains(err.Error(), "bad-code") {
		t.Errorf("Exchange = %v", err)
	}
	for answer, blamed := range map[string]bool{
		`400 {"error":"invalid_client"}`: false, `401 {}`: true, `500 {}`: false, `200 {}`: false, `200 no`: false, `302 `: false,
	} {
		status, body := 0, ""
		fmt.Sscanf(answer, "%d", &status)
		_, body, _ = strings.Cut(answer, " ")
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			io.WriteString(w, body)
		}))
		c, err := NewPool(time.Now).Client(schema.Provider{Name: "github", ClientID: "i", ClientSecret: "hush", TokenURL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Exchange(t.Context(), Grant{Code: "the-code"})
		server.Close()
		if err == nil || strings.Contains(err.Error(), "the-code") || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: Exchange = %v", answer, err)
			continue
		}
		if is := strings.Contains(fmt.Sprintf("%T", err.(interface{ Unwrap() error }).Unwrap()), "Refused"); is != blamed {
			t.Errorf("%s: %v blames the client: %t", answer, err, is)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, p := range []schema.Provider{
		{Name: "nope"}, {Name: "mailcow"}, {Name: "mailcow", AuthURL: "https://x.test", TokenURL: "https://x.test"}, {Name: "oidc"},
		{Name: "oidc", AuthURL: "https://x.test"}, {Name: "google", Extra: json.RawMessage(`{"issuers":5}`)},
	} {
		if _, err := NewPool(time.Now).Client(p); err == nil {
			t.Errorf("%s: %+v can be used", p.Name, p)
		}
	}
}

// TestLogos: logos are images from this server, without scripts and references.
func TestLogos(t *testing.T) {
	t.Parallel()
	names := []string{}
	for _, i := range List() {
		if !strings.HasPrefix(i.Logo, "<svg ") || strings.Contains(i.Logo, "script") || strings.Count(i.Logo, "http") != 1 {
			t.Errorf("%s: %s", i.Name, i.Logo)
		}
		names = append(names, i.Name)
	}
	if slices.Contains(names, "") || names[0] != "apple" || names[28] != "planningcenter" || names[29] != "oidc" {
		t.Errorf("the order is %v", names)
	}
}
