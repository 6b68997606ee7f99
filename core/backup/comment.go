// The comment of an archive: which program made it.

package backup

import (
	"encoding/json"
	"slices"
)

// comment is what the zip says of itself, where tools for zips show it.
type comment struct {
	Loam   string `json:"loam"`   // the version of the program
	Schema string `json:"schema"` // the newest migration of the system in the database
}

func (s *Service) comment() string {
	text, err := json.Marshal(comment{s.cfg.Version, s.cfg.Schema[len(s.cfg.Schema)-1]})
	if err != nil {
		panic(err) // texts can be encoded
	}
	return string(text)
}

// checkComment refuses the archive of a program whose database this one does not know. An
// archive without our comment was packed by hand: the database itself is looked at.
func (s *Service) checkComment(text string) error {
	var c comment
	if json.Unmarshal([]byte(text), &c) != nil || c.Schema == "" || slices.Contains(s.cfg.Schema, c.Schema) {
		return nil
	}
	return refused("it is of a newer version of Loam, %s, and this one is %s", c.Loam, s.cfg.Version)
}
