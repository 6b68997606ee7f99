// The media type of a stored file, as clients are told it.

package blob

import "path"

// typesByName are the types of files whose content does not tell them.
var typesByName = map[string]string{
	".svg":  "image/svg+xml",
	".css":  "text/css",
	".js":   "text/javascript",
	".mjs":  "text/javascript",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}

// ServedType returns the media type as which the file is served under the name: the type of the
// name's extension, where that tells more than the content.
func (a Attributes) ServedType(name string) string {
	if t := typesByName[path.Ext(name)]; t != "" {
		return t
	}
	return a.ContentType
}
