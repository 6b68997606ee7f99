package settings

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Service keeps the settings in the database and a copy for everybody to read.
// It is safe for concurrent use.
type Service struct {
	store   store.Store
	changes *change.Log
	now     func() time.Time
	current atomic.Pointer[Settings]
}

// New is a Service with the default settings, until Load. It appends to changes.
func New(s store.Store, changes *change.Log, now func() time.Time) *Service {
	service := &Service{store: s, changes: changes, now: now}
	service.current.Store(Defaults())
	return service
}

// Current are the settings now. They are shared and must not be changed; take
// them once a request.
func (s *Service) Current() *Settings { return s.current.Load() }

// Load makes what is stored current. What the stored document leaves out has its
// default.
func (s *Service) Load(ctx context.Context) error {
	for {
		before := s.current.Load()
		var loaded *Settings
		err := s.store.Read(ctx, func(r store.Reader) (err error) {
			loaded, err = read(r)
			return err
		})
		if err != nil {
			return err
		}
		// If a Patch was published in the meantime, what was read may be older.
		if s.current.CompareAndSwap(before, loaded) {
			return nil
		}
	}
}

// Patch merges a JSON object into the stored settings and returns the result,
// which is current by then. An empty body changes nothing. A body that cannot be
// decoded and settings that are not valid are a fault.Invalid.
func (s *Service) Patch(ctx context.Context, body []byte) (*Settings, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return s.Current(), nil
	}
	var changed *Settings
	err := s.store.Write(ctx, func(tx store.Tx) error {
		stored, err := read(tx)
		if err != nil {
			return err
		}
		fresh, err := stored.merged(body)
		if err != nil {
			return fault.Wrap(fault.Invalid, "An error occurred while loading the submitted data.", err)
		}
		if fails := fresh.validate(); len(fails) > 0 {
			return fault.Invalidate("An error occurred while saving the new settings.", fails)
		}
		if err := s.write(tx, fresh); err != nil {
			return err
		}
		tx.OnCommit(func() { s.current.Store(fresh) })
		changed = fresh
		return s.changes.Append(tx, []change.Change{{Kind: change.Settings, Action: change.Update}})
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// rowID is the row of the settings in the table of parameters.
const rowID = "settings"

// read is the stored document over the defaults.
func read(r store.Reader) (*Settings, error) {
	rows, err := r.Query(`SELECT "value" FROM "_params" WHERE "id" = $1`, store.Text(rowID))
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	defer rows.Close()
	stored := Defaults()
	if rows.Next() && rows.Kind(0) != store.KindNull {
		if stored, err = stored.merged(rows.Bytes(0)); err != nil {
			return nil, fmt.Errorf("read settings: the stored document is damaged or encrypted: %w", err)
		}
	}
	if err := rows.Close(); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	return stored, nil
}

func (s *Service) write(tx store.Tx, doc *Settings) error {
	value, err := json.Marshal((*plain)(doc))
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	const upsert = `INSERT INTO "_params" ("id", "value", "created", "updated") VALUES ($1, $2, $3, $3) ` +
		`ON CONFLICT ("id") DO UPDATE SET "value" = excluded."value", "updated" = excluded."updated"`
	now := store.Text(schema.FormatTime(s.now()))
	if _, err := tx.Exec(upsert, store.Text(rowID), store.Text(string(value)), now); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return nil
}
