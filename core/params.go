// Rows of the table _params: small documents that belong to no collection.

package core

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// param decodes the row with that id into a value, which does not change if there is no row.
func (a *App) param(ctx context.Context, id string, into any) error {
	return a.store.Read(ctx, func(r store.Reader) error { return readParam(r, id, into) })
}

func readParam(r store.Reader, id string, into any) error {
	rows, err := r.Query(`SELECT "value" FROM "_params" WHERE "id" = $1`, store.Text(id))
	if err != nil {
		return fmt.Errorf("read %s: %w", id, err)
	}
	defer rows.Close()
	var stored []byte
	if rows.Next() && rows.Kind(0) != store.KindNull {
		stored = bytes.Clone(rows.Bytes(0))
	}
	if err := rows.Close(); err != nil || stored == nil {
		return err
	}
	if err := json.Unmarshal(stored, into); err != nil {
		return fmt.Errorf("read %s: %w", id, err)
	}
	return nil
}

// writeParam stores a value under the id.
func (a *App) writeParam(tx store.Tx, id string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO "_params" ("id", "value", "created", "updated") VALUES ($1, $2, $3, $3) `+
		`ON CONFLICT ("id") DO UPDATE SET "value" = excluded."value", "updated" = excluded."updated"`,
		store.Text(id), store.Text(string(value)), store.Text(schema.FormatTime(a.Config.Now())))
	return err
}
