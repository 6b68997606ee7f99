package reference

import (
	"cmp"
	"strings"

	"github.com/loambase/loam/core/schema"
)

// fileOperations returns the operations on the files of a collection, with its first file field as
// the example; nil for a collection without file fields.
func fileOperations(in *schema.Collection, at string, e example) (list []operation) {
	f := fileField(in)
	if f == nil {
		return nil
	}
	const group = "Files"
	id := param{name: "id", help: "Of the record.", sample: sampleID, inPath: true}
	download := operation{id: "file", group: group, verb: "GET", label: "Download", path: "/api/files/" + in.Name + "/{id}/{file}", client: "file",
		title: "Download a file", about: "Answers a file of a record. Its name is in the record.",
		params: []param{{name: "id", help: "Of the record.", sample: cmp.Or(e.id, sampleID), inPath: true},
			{name: "file", help: "The stored name of the file.", sample: cmp.Or(e.file, "file.png"), inPath: true},
			{name: "thumb", help: "Of an image: 100x100, 0x300, 100x100f …"}, {name: "download", help: "1: browsers save it."}},
		answers: []answer{{200, "The file.", ""}, {404, "There is none, or not for the caller.", failed(404)}}}
	if in.View == nil {
		field := f.Name
		if f.Multiple() {
			field += "+"
		}
		list = append(list, operation{id: "upload", group: group, verb: "PATCH", label: "Upload", path: at + "/records/{id}", client: "upload", field: field,
			title: "Upload a file", about: "Stores a file in " + f.Name + ", if the record satisfies the update rule. The body is multipart/form-data, with other fields if you like. A name with + adds a file.",
			params:  []param{id},
			answers: []answer{{200, "The record.", e.record(in)}, {400, "The file is too large, or of another kind.", failed(400)}, {404, "There is no record, or not for the caller.", failed(404)}}})
	}
	if kind := f.Kind.(*schema.File); kind.Protected {
		download.params = append(download.params, param{name: "token", help: "A token for files; these are protected."})
		list = append(list, operation{id: "file-token", group: group, verb: "POST", label: "Token", path: "/api/files/token", client: "fileToken",
			title: "A token for protected files", about: "Answers a short-lived token of the caller, which the address of a protected file takes.",
			answers: []answer{{200, "The token.", "{\n  \"token\": \"JWT\"\n}"}, {401, "Nobody has signed in.", failed(401)}}})
	}
	return append(list, download)
}

const (
	uploadName = "hello.txt"
	uploadText = "Hello"
)

// javaScriptFiles returns the JavaScript code of an operation on files.
func (f filled) javaScriptFiles() string {
	in := "pb.collection(" + jsText(f.collection) + ")"
	switch f.client {
	case "upload":
		return "const file = new File([" + jsText(uploadText) + "], " + jsText(uploadName) + ");\nconst answer = await " + in + ".update(" + jsText(f.values["id"]) + ", { " + jsText(f.field) + ": file });\n"
	case "fileToken":
		return "const answer = await pb.files.getToken();\n"
	}
	return "const record = await " + in + ".getOne(" + jsText(f.values["id"]) + ");\nconst answer = pb.files.getURL(" + strings.Join(f.fileArguments(jsText, jsOptions), ", ") + ");\n"
}

// dartFiles returns the Dart code of an operation on files.
func (f filled) dartFiles() string {
	in := "pb.collection(" + dartText(f.collection) + ")"
	switch f.client {
	case "upload":
		return "final answer = await " + in + ".update(" + dartText(f.values["id"]) + ", files: [\n  http.MultipartFile.fromString(" + dartText(f.field) + ", " + dartText(uploadText) + ", filename: " + dartText(uploadName) + "),\n]);\n"
	case "fileToken":
		return "final answer = await pb.files.getToken();\n"
	}
	return "final record = await " + in + ".getOne(" + dartText(f.values["id"]) + ");\nfinal answer = pb.files.getURL(" + strings.Join(f.fileArguments(dartText, dartOptions), ", ") + ");\n"
}

// fileArguments returns the arguments of getURL: the record, the name of the file, and the options.
func (f filled) fileArguments(text func(string) string, options func([][2]string) string) []string {
	list := []string{"record", text(f.values["file"])}
	if rest := f.options(); len(rest) > 0 {
		list = append(list, options(rest))
	}
	return list
}
