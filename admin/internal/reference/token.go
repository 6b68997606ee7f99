package reference

// Snippet is code in a programming language.
type Snippet struct{ Language, Code string }

// WithToken returns code for apps that use a token, in JavaScript and Dart. base is the address of
// the server.
func WithToken(base, token string) []Snippet {
	return []Snippet{
		{"JavaScript", jsClient(base) + "pb.authStore.save(" + jsText(token) + ");"},
		{"Dart", dartClient(base) + "pb.authStore.save(" + dartText(token) + ", null);"},
	}
}
