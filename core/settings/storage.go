// Storage of the settings: one JSON document in the row "settings" of the table _params.

package settings

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// The settings are one JSON document, in the row "settings" of the table _params.

const rowID = "settings"

// read returns the stored document merged into the defaults.
func (s *Service) read(r store.Reader) (*Settings, error) {
	stored, err := readRow(r)
	if err != nil || stored == nil {
		return Defaults(), err
	}
	document, err := s.unseal(stored)
	if err != nil {
		return nil, err
	}
	doc, err := Defaults().merged(document)
	if err != nil {
		return nil, fmt.Errorf("read settings: the stored document is damaged: %w", err)
	}
	return doc, nil
}

// readRow returns the stored document; nil if there is none.
func readRow(r store.Reader) (stored []byte, err error) {
	rows, err := r.Query(`SELECT "value" FROM "_params" WHERE "id" = $1`, store.Text(rowID))
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	defer rows.Close()
	if rows.Next() && rows.Kind(0) != store.KindNull {
		stored = bytes.Clone(rows.Bytes(0))
	}
	if err := rows.Close(); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	return stored, nil
}

// write stores the document, secrets included, encrypted if there is a key.
func (s *Service) write(tx store.Tx, doc *Settings) error {
	value, err := json.Marshal((*plain)(doc))
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	const upsert = `INSERT INTO "_params" ("id", "value", "created", "updated") VALUES ($1, $2, $3, $3) ` +
		`ON CONFLICT ("id") DO UPDATE SET "value" = excluded."value", "updated" = excluded."updated"`
	now := store.Text(schema.FormatTime(s.cfg.Now()))
	if _, err := tx.Exec(upsert, store.Text(rowID), store.Text(string(s.seal(value))), now); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return nil
}
