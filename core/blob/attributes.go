// Attributes of a stored file (content type, original name): the sidecar file beside it.

package blob

import (
	"encoding/json"
	"os"
)

// unknownType is the media type of a blob without attributes.
const unknownType = "application/octet-stream"

// sidecarFile is the JSON file beside a blob (docs/wire/records.md §7.7). Unused properties are
// written for other programs that read the folder.
type sidecarFile struct {
	CacheControl       string            `json:"user.cache_control"`
	ContentDisposition string            `json:"user.content_disposition"`
	ContentEncoding    string            `json:"user.content_encoding"`
	ContentLanguage    string            `json:"user.content_language"`
	ContentType        string            `json:"user.content_type"`
	Metadata           map[string]string `json:"user.metadata"`
	MD5                []byte            `json:"md5"` // always null: the sum was never read and cost 40% of the CPU of an upload
}

const originalNameKey = "original-filename"

func encodeSidecar(a Attributes) ([]byte, error) {
	s := sidecarFile{ContentType: a.ContentType}
	if a.OriginalName != "" {
		s.Metadata = map[string]string{originalNameKey: shorten(a.OriginalName)}
	}
	return json.Marshal(s)
}

// readSidecar returns the attributes of the blob at the path. If the sidecar is missing or
// unreadable, the blob has the unknown type, but is not lost.
func readSidecar(root *os.Root, path string) Attributes {
	var s sidecarFile
	// Other programs, or people, may have written into the folder.
	text, err := root.ReadFile(path + sidecar)
	if err != nil || json.Unmarshal(text, &s) != nil || s.ContentType == "" {
		s.ContentType = unknownType
	}
	return Attributes{ContentType: s.ContentType, OriginalName: s.Metadata[originalNameKey]}
}
