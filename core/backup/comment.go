// The comment of an archive: the version of the program that made it.

package backup

import (
	"encoding/json"
	"slices"
)

// comment is the comment of the zip file, which zip tools display.
type comment struct {
	Loam   string `json:"loam"`   // the version of the program
	Schema string `json:"schema"` // the newest system migration of the database
}

func (s *Service) comment() string {
	text, err := json.Marshal(comment{s.cfg.Version, s.cfg.Schema[len(s.cfg.Schema)-1]})
	if err != nil {
		panic(err) // strings can always be encoded
	}
	return string(text)
}

// checkComment refuses an archive whose database has a migration that this program does not know.
// An archive without such a comment was packed by hand: Database.Prepare checks its database.
func (s *Service) checkComment(text string) error {
	var c comment
	if json.Unmarshal([]byte(text), &c) != nil || c.Schema == "" || slices.Contains(s.cfg.Schema, c.Schema) {
		return nil
	}
	return refused("it is of a newer version of Loam, %s, and this one is %s", c.Loam, s.cfg.Version)
}
