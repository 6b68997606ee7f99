package core

import (
	"context"
	"fmt"

	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/settings"
)

// Rekey stores the settings and the secrets of collections with another key of the settings, of 32
// bytes, or in plain text with "". It needs an App that was opened with Alone, and no server may
// use its database: a server would continue with the earlier key. Afterwards the App can only be
// closed. On an error nothing stored changes.
func (a *App) Rekey(ctx context.Context, key string) error {
	if err := settings.CheckKey(key); err != nil {
		return err
	}
	err := a.store.Write(ctx, func(tx store.Tx) error {
		other, err := a.settings.Reseal(tx, key)
		if err != nil {
			return err
		}
		return a.collections.Reseal(tx, other)
	})
	if err != nil {
		return fmt.Errorf("change the key of the settings: %w", err)
	}
	return nil
}
