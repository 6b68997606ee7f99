package reference

// Snippet is code of an app in a language.
type Snippet struct{ Language, Code string }

// WithToken returns the code of apps, in JavaScript and Dart, that send a token with their requests.
// base is the address of the server.
func WithToken(base, token string) []Snippet {
	return []Snippet{
		{"JavaScript", jsClient(base) + "pb.authStore.save(" + jsText(token) + ");"},
		{"Dart", dartClient(base) + "pb.authStore.save(" + dartText(token) + ", null);"},
	}
}
