package admin

//go:generate go tool templ generate -path .
