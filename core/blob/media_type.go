// The media type with which a stored file is served.

package blob

import "path"

// typesByName maps extensions to media types that the content of a file does not reveal.
var typesByName = map[string]string{
	".svg":  "image/svg+xml",
	".css":  "text/css",
	".js":   "text/javascript",
	".mjs":  "text/javascript",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}

// ServedType returns the media type with which the file is served under the name. The extension of
// the name decides for types that the content does not reveal; else it is ContentType.
func (a Attributes) ServedType(name string) string {
	if t := typesByName[path.Ext(name)]; t != "" {
		return t
	}
	return a.ContentType
}
