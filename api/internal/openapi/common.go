package openapi

// The security schemes.
const (
	tokenScheme = "token"
	fileScheme  = "fileToken"
)

func schemes() map[string]Scheme {
	return map[string]Scheme{
		tokenScheme: {Type: "http", Scheme: "bearer", Description: "The token that signing in returns. The word Bearer may be left out."},
		fileScheme:  {Type: "apiKey", In: "query", Name: "token", Description: "A token of POST /api/files/token, for what browsers open without a header."},
	}
}

// failures returns the answers that every operation may fail with, by status.
func failures() map[string]Response {
	all := map[string]Response{}
	for status, text := range map[string]string{
		"400":     "The request is not valid.",
		"401":     "Nobody has signed in, or not completely.",
		"403":     "The caller may not do this.",
		"404":     "There is no such thing, or the caller may not know of it.",
		"413":     "The body is too large.",
		"429":     "Too many requests.",
		"503":     "The server cannot do this at the moment.",
		"default": "The server has failed.",
	} {
		all[status] = Response{Description: text, Content: jsonMedia(ref("api.Error"))}
	}
	return all
}

// parameters returns the parameters that several operations share, by name.
func parameters() map[string]Parameter {
	all := map[string]Parameter{}
	add := func(name, kind, text string) {
		all[name] = Parameter{Name: name, In: "query", Description: text, Schema: typed(kind)}
	}
	add("page", "integer", "The number of the page, from 1.")
	add("perPage", "integer", "How many items a page has, at most 1000.")
	add("skipTotal", "boolean", "Leave totalItems and totalPages uncounted: they are -1.")
	add("sort", "string", "Fields by which the items are sorted: -created,title")
	add("filter", "string", `A condition: title ~ "loam" && created > "2026-01-01"`)
	add("expand", "string", "Relations to add the records of: author,comments_via_post.author")
	add("fields", "string", "The members of the answer that are wanted; all others are left out: id,title,expand.author.name")
	add("cursor", "string", "Where the page begins, as the answer before said; empty for the first one.")
	return all
}

// query returns references to shared parameters.
func query(names ...string) (list []Parameter) {
	for _, name := range names {
		list = append(list, Parameter{Ref: "#/components/parameters/" + name})
	}
	return list
}

// own returns a query parameter of one operation.
func own(name, kind, text string) Parameter {
	return Parameter{Name: name, In: "query", Description: text, Schema: typed(kind)}
}

func jsonMedia(s *Schema) map[string]Media { return map[string]Media{"application/json": {s}} }

func jsonBody(s *Schema) *Body { return &Body{Required: true, Content: jsonMedia(s)} }

// operation returns an operation that answers with JSON.
func operation(tag, summary string, answer *Schema) *Operation {
	return &Operation{Summary: summary, Tags: []string{tag},
		Responses: map[string]Response{"200": {Description: "Done.", Content: jsonMedia(answer)}}}
}

// done returns an operation that answers without a body.
func done(tag, summary string) *Operation {
	return &Operation{Summary: summary, Tags: []string{tag}, Responses: map[string]Response{"204": {Description: "Done."}}}
}

// with adds parameters to the operation.
func (op *Operation) with(list ...Parameter) *Operation {
	op.Parameters = append(op.Parameters, list...)
	return op
}

// taking adds a JSON body to the operation.
func (op *Operation) taking(s *Schema) *Operation {
	op.RequestBody = jsonBody(s)
	return op
}

// answering replaces the answer by one with another status and media type; "" means no body.
func (op *Operation) answering(status, mediaType, text string) *Operation {
	delete(op.Responses, "200")
	r := Response{Description: text}
	if mediaType != "" {
		r.Content = map[string]Media{mediaType: {typed("string")}}
	}
	op.Responses[status] = r
	return op
}
