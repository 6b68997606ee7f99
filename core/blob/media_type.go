// The media type with which a stored file is served.

package blob

import "path"

// typesByName maps extensions to media types that cannot be told from the content of a file.
var typesByName = map[string]string{
	".svg":  "image/svg+xml",
	".css":  "text/css",
	".js":   "text/javascript",
	".mjs":  "text/javascript",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}

// ServedType returns the media type with which the file is served under the name. The extension
// of the name decides for types that cannot be told from the content; else it is ContentType.
func (a Attributes) ServedType(name string) string {
	if t := typesByName[path.Ext(name)]; t != "" {
		return t
	}
	return a.ContentType
}
