package reference

import (
	"net/url"
	"strconv"
	"strings"
)

// filled is an operation with the typed values.
type filled struct {
	operation
	base       string // the address of the server
	collection string
	values     map[string]string // the values of params, by name
	sent       string            // the body
}

// address returns the path and the query of the request.
func (f filled) address() string {
	path := f.path
	query := url.Values{}
	for _, p := range f.params {
		switch v := f.values[p.name]; {
		case p.inPath:
			path = strings.ReplaceAll(path, "{"+p.name+"}", url.PathEscape(v))
		case v != "":
			query.Set(p.name, v)
		}
	}
	if len(query) > 0 {
		path += "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
	}
	return path
}

// snippet is code in a language that sends the request.
type snippet struct{ language, code string }

func (f filled) snippets() []snippet {
	return []snippet{{"JavaScript", f.javaScript()}, {"cURL", f.curl()}, {"Go", f.golang()}, {"Dart", f.dart()}}
}

// shell quotes a text as a word of a shell command.
func shell(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func (f filled) curl() string {
	switch {
	case f.client == "websocket" || f.client == "graphqlWS":
		return "# cURL speaks no subprotocols of WebSockets; websocat does:\nwebsocat --protocol " + f.protocol() + " " + shell(f.socketURL())
	case f.live:
		return "curl -N " + shell(f.base+f.path)
	}
	out := "curl"
	if f.verb != "GET" {
		out += " -X " + f.verb
	}
	out += " " + shell(f.base+f.address()) + " \\\n  -H \"Authorization: $TOKEN\""
	switch {
	case f.client == "upload":
		out += " \\\n  -F " + shell(f.field+"=@"+uploadName)
	case f.sent != "":
		out += " \\\n  -H 'Content-Type: application/json' \\\n  -d " + shell(f.sent)
	}
	return out
}

func (f filled) protocol() string {
	if f.client == "graphqlWS" {
		return "graphql-transport-ws"
	}
	return "loam.v1"
}

func (f filled) socketURL() string {
	return "ws" + strings.TrimPrefix(f.base, "http") + f.path
}

// golang returns a Go program that sends the request.
func (f filled) golang() string {
	if f.live {
		return f.golangLive()
	}
	imports, body, before, mediaType := []string{"fmt", "io", "net/http", "os"}, "nil", "", ""
	switch {
	case f.client == "upload":
		imports = []string{"bytes", "fmt", "io", "mime/multipart", "net/http", "os"}
		body, mediaType = "&body", "form.FormDataContentType()"
		before = "\tvar body bytes.Buffer\n\tform := multipart.NewWriter(&body)\n\tfile, err := form.CreateFormFile(" + strconv.Quote(f.field) + ", " + strconv.Quote(uploadName) +
			")\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\tfmt.Fprint(file, " + strconv.Quote(uploadText) + ")\n\tform.Close()\n"
	case f.sent != "":
		imports = append(imports, "strings")
		body, mediaType = "strings.NewReader("+goText(f.sent)+")", `"application/json"`
	}
	out := "package main\n\nimport (\n"
	for _, name := range imports {
		out += "\t" + strconv.Quote(name) + "\n"
	}
	out += ")\n\nfunc main() {\n" + before + "\treq, err := http.NewRequest(" + strconv.Quote(f.verb) + ", " + strconv.Quote(f.base+f.address()) + ", " + body + ")\n\tif err != nil {\n\t\tpanic(err)\n\t}\n"
	out += "\treq.Header.Set(\"Authorization\", os.Getenv(\"TOKEN\"))\n"
	if mediaType != "" {
		out += "\treq.Header.Set(\"Content-Type\", " + mediaType + ")\n"
	}
	return out + "\tres, err := http.DefaultClient.Do(req)\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\tdefer res.Body.Close()\n\tanswer, err := io.ReadAll(res.Body)\n\tfmt.Println(res.Status, string(answer), err)\n}\n"
}

// golangLive returns a Go program that reads a stream of events or a WebSocket.
func (f filled) golangLive() string {
	if f.client == "subscribe" {
		return "package main\n\nimport (\n\t\"bufio\"\n\t\"fmt\"\n\t\"net/http\"\n)\n\nfunc main() {\n\tres, err := http.Get(" + strconv.Quote(f.base+f.path) + ")\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\tdefer res.Body.Close()\n" +
			"\tfor lines := bufio.NewScanner(res.Body); lines.Scan(); {\n\t\tfmt.Println(lines.Text())\n\t}\n}\n"
	}
	first := f.sent
	if f.client == "graphqlWS" {
		first = `{"type": "connection_init"}`
	}
	out := "package main\n\nimport (\n\t\"fmt\"\n\n\t\"github.com/gorilla/websocket\"\n)\n\nfunc main() {\n\tdialer := websocket.Dialer{Subprotocols: []string{" + strconv.Quote(f.protocol()) + "}}\n" +
		"\tsocket, _, err := dialer.Dial(" + strconv.Quote(f.socketURL()) + ", nil)\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\tdefer socket.Close()\n\tsocket.WriteMessage(websocket.TextMessage, []byte(" + goText(first) + "))\n"
	if f.client == "graphqlWS" {
		out += "\tsocket.WriteMessage(websocket.TextMessage, []byte(" + goText(`{"id": "a", "type": "subscribe", "payload": {"query": `+quoted(f.sent)+`}}`) + "))\n"
	}
	return out + "\tfor {\n\t\t_, message, err := socket.ReadMessage()\n\t\tif err != nil {\n\t\t\treturn\n\t\t}\n\t\tfmt.Println(string(message))\n\t}\n}\n"
}

// goText quotes a text as a Go string literal.
func goText(text string) string {
	if strings.Contains(text, "`") {
		return strconv.Quote(text)
	}
	return "`" + text + "`"
}

// javaScript returns code for the JavaScript client of PocketBase, which works with this server.
func (f filled) javaScript() string {
	if f.client == "websocket" || f.client == "graphqlWS" {
		return f.javaScriptSocket()
	}
	out := jsClient(f.base) + "\n"
	switch f.client {
	case "batch":
		out += "const batch = pb.createBatch();\n"
		for _, w := range f.writes() {
			out += "batch.collection(" + jsText(w.collection) + ")." + w.method + "(" + strings.Join(w.arguments(jsText), ", ") + ");\n"
		}
		return out + "const answer = await batch.send();\n"
	case "subscribe":
		return out + "await pb.collection(" + jsText(f.collection) + ").subscribe('*', ({ action, record }) => {\n  console.log(action, record.id);\n});\n"
	case "send":
		options := "{\n  method: " + jsText(f.verb) + ","
		if f.sent != "" {
			options += "\n  body: " + indented(f.sent, "  ") + ","
		}
		return out + "const answer = await pb.send(" + jsText(f.address()) + ", " + options + "\n});\n"
	case "upload", "file", "fileToken":
		return out + f.javaScriptFiles()
	case "authWithOAuth2":
		return out + "const { record } = await pb.collection(" + jsText(f.collection) + ").authWithOAuth2({ provider: 'google' });\n"
	}
	return out + "const answer = await pb.collection(" + jsText(f.collection) + ")." + f.client + "(" + strings.Join(f.arguments(jsText, jsOptions), ", ") + ");\n"
}

func (f filled) javaScriptSocket() string {
	out := "const socket = new WebSocket(" + jsText(f.socketURL()) + ", " + jsText(f.protocol()) + ");\nconst send = (message) => socket.send(JSON.stringify(message));\n"
	if f.client == "websocket" {
		return out + "socket.onopen = () => send(" + f.sent + ");\nsocket.onmessage = ({ data }) => console.log(JSON.parse(data));\n"
	}
	return out + "socket.onopen = () => send({ type: 'connection_init' });\nsocket.onmessage = ({ data }) => {\n  const message = JSON.parse(data);\n  if (message.type === 'connection_ack') {\n    send({ id: 'a', type: 'subscribe', payload: { query: " + jsText(f.sent) + " } });\n  }\n  console.log(message);\n};\n"
}

// arguments returns the arguments of a client's method; options makes the last argument from names
// and values.
func (f filled) arguments(text func(string) string, options func([][2]string) string) (list []string) {
	number := func(name, otherwise string) string {
		if n, err := strconv.Atoi(f.values[name]); err == nil {
			return strconv.Itoa(n)
		}
		return otherwise
	}
	switch f.client {
	case "getList":
		list = append(list, number("page", "1"), number("perPage", "30"))
	case "getOne", "update", "delete":
		list = append(list, text(f.values["id"]))
	}
	switch f.client {
	case "create", "update":
		list = append(list, f.sent)
	case "authWithPassword":
		list = append(list, f.member("identity", text), f.member("password", text))
	case "authWithOTP":
		list = append(list, f.member("otpId", text), f.member("password", text))
	case "requestOTP", "requestVerification", "requestPasswordReset":
		list = append(list, f.member("email", text))
	case "confirmVerification":
		list = append(list, f.member("token", text))
	case "confirmPasswordReset":
		list = append(list, f.member("token", text), f.member("password", text), f.member("passwordConfirm", text))
	case "confirmEmailChange":
		list = append(list, f.member("token", text), f.member("password", text))
	case "requestEmailChange":
		list = append(list, f.member("newEmail", text))
	}
	if rest := f.options(); len(rest) > 0 {
		list = append(list, options(rest))
	}
	return list
}

// options returns the names and values of the parameters that clients take as named options.
func (f filled) options() (list [][2]string) {
	for _, p := range f.params {
		if v := f.values[p.name]; v != "" && !p.inPath && p.name != "page" && p.name != "perPage" {
			list = append(list, [2]string{p.name, v})
		}
	}
	return list
}

// member returns the string property name of the body as a string literal, "" for a missing one.
func (f filled) member(name string, text func(string) string) string {
	var body map[string]any
	if err := decode(f.sent, &body); err != nil {
		return text("")
	}
	value, _ := body[name].(string)
	return text(value)
}

// jsClient returns the JavaScript code that creates the client. base is the address of the server.
func jsClient(base string) string {
	return "import PocketBase from 'pocketbase';\n\nconst pb = new PocketBase(" + jsText(base) + ");\n"
}

func jsText(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\r", `\r`).Replace(text) + "'"
}

func jsOptions(list [][2]string) string {
	out := "{\n"
	for _, o := range list {
		out += "  " + o[0] + ": " + optionValue(o, jsText) + ",\n"
	}
	return out + "}"
}

// optionValue returns the value of an option of a method of the clients. skipTotal and download are
// booleans there.
func optionValue(o [2]string, text func(string) string) string {
	if o[0] == "skipTotal" || o[0] == "download" {
		return strconv.FormatBool(o[1] == "1" || o[1] == "true")
	}
	return text(o[1])
}

// dart returns code for the Dart client of PocketBase.
func (f filled) dart() string {
	if f.client == "websocket" || f.client == "graphqlWS" {
		first := dartText(f.sent)
		if f.client == "graphqlWS" {
			first = dartText(`{"type": "connection_init"}`) + ");\n  socket.add(" + dartText(`{"id": "a", "type": "subscribe", "payload": {"query": `+quoted(f.sent)+`}}`)
		}
		return "import 'dart:io';\n\nvoid main() async {\n  final socket = await WebSocket.connect(" + dartText(f.socketURL()) + ", protocols: [" + dartText(f.protocol()) + "]);\n  socket.add(" + first + ");\n  await for (final message in socket) {\n    print(message);\n  }\n}\n"
	}
	out := dartClient(f.base) + "\n"
	in := "pb.collection(" + dartText(f.collection) + ")"
	switch f.client {
	case "batch":
		out += "final batch = pb.createBatch();\n"
		for _, w := range f.writes() {
			if w.body != "" {
				w.body = "body: " + strings.ReplaceAll(w.body, "$", `\$`)
			}
			out += "batch.collection(" + dartText(w.collection) + ")." + w.method + "(" + strings.Join(w.arguments(dartText), ", ") + ");\n"
		}
		return out + "final answer = await batch.send();\n"
	case "subscribe":
		return out + "await " + in + ".subscribe('*', (e) {\n  print('${e.action} ${e.record?.id}');\n});\n"
	case "send":
		body := ""
		if f.sent != "" {
			body = ", body: " + strings.ReplaceAll(f.sent, "$", `\$`)
		}
		return out + "final answer = await pb.send(" + dartText(f.address()) + ", method: " + dartText(f.verb) + body + ");\n"
	case "upload":
		return "import 'package:http/http.dart' as http;\n" + out + f.dartFiles()
	case "file", "fileToken":
		return out + f.dartFiles()
	case "authWithOAuth2":
		return out + "final auth = await " + in + ".authWithOAuth2('google', (url) async {\n  // open the address in a browser\n});\n"
	}
	list := f.arguments(dartText, dartOptions)
	switch f.client {
	case "getList":
		list[0], list[1] = "page: "+list[0], "perPage: "+list[1]
	case "create":
		list[0] = "body: " + strings.ReplaceAll(list[0], "$", `\$`)
	case "update":
		list[1] = "body: " + strings.ReplaceAll(list[1], "$", `\$`)
	}
	return out + "final answer = await " + in + "." + f.client + "(" + strings.Join(list, ", ") + ");\n"
}

// dartClient returns the Dart code that creates the client. base is the address of the server.
func dartClient(base string) string {
	return "import 'package:pocketbase/pocketbase.dart';\n\nfinal pb = PocketBase(" + dartText(base) + ");\n"
}

func dartText(text string) string { return strings.ReplaceAll(jsText(text), "$", `\$`) }

func dartOptions(list [][2]string) string {
	parts := make([]string, len(list))
	for i, o := range list {
		parts[i] = o[0] + ": " + optionValue(o, dartText)
	}
	return strings.Join(parts, ", ")
}
