// Samples of the metrics of servers, for the charts of the console.

package logs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/loambase/loam/core/internal/store"
)

// SampleTime is how long samples are stored: a day, and the day before for comparison.
const SampleTime = 48 * time.Hour

// Sample holds the values of metrics over a period that ends At.
type Sample struct {
	At     time.Time // stored to the millisecond
	Period time.Duration
	Values map[string]float64 // by the names of the figures
}

const sampleTable = "_metrics"

// sampleColumns are the columns of the table of samples: at and period in milliseconds.
var sampleColumns = []store.Column{
	{Name: "node", Kind: store.ColumnText},
	{Name: "at", Kind: store.ColumnNumber},
	{Name: "period", Kind: store.ColumnNumber},
	{Name: "data", Kind: store.ColumnJSON},
}

// KeepSample stores a sample of the server node, and deletes the samples of all servers that are
// older than SampleTime. While the settings switch logs off (maxDays 0), it does nothing.
func (s *Service) KeepSample(ctx context.Context, node string, sample Sample) error {
	if s.cfg.Settings().Logs.MaxDays <= 0 {
		return nil
	}
	values, err := json.Marshal(sample.Values)
	if err != nil {
		return err
	}
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	return db.Write(ctx, func(tx store.Tx) error {
		_, err := tx.Exec(`DELETE FROM "_metrics" WHERE "at" <= $1`, millis(s.cfg.Now().Add(-SampleTime)))
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO "_metrics" ("node", "at", "period", "data") VALUES ($1, $2, $3, $4)`,
			store.Text(node), millis(sample.At), store.Float(float64(sample.Period.Milliseconds())), store.Text(string(values)))
		return err
	})
}

// Samples returns the stored samples of the server node of the last SampleTime, as SamplesBetween.
func (s *Service) Samples(ctx context.Context, node string) ([]Sample, error) {
	now := s.cfg.Now()
	return s.SamplesBetween(ctx, node, now.Add(-SampleTime), now)
}

// SamplesBetween returns the stored samples of the server node that end after from and not after to,
// the oldest first. A row that does not decode is left out. While the settings switch logs off
// (maxDays 0), the list is empty.
func (s *Service) SamplesBetween(ctx context.Context, node string, from, to time.Time) (list []Sample, err error) {
	if s.cfg.Settings().Logs.MaxDays <= 0 {
		return nil, nil
	}
	db, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	err = db.Read(ctx, func(r store.Reader) error {
		rows, err := r.Query(`SELECT "at", "period", "data" FROM "_metrics" WHERE "node" = $1 AND "at" > $2 AND "at" <= $3 ORDER BY "at"`,
			store.Text(node), millis(from), millis(to))
		if err != nil {
			return err
		}
		list = nil // the store may call this function again
		for rows.Next() {
			sample := Sample{At: time.UnixMilli(int64(rows.Float(0))), Period: time.Duration(rows.Float(1)) * time.Millisecond}
			if json.Unmarshal(rows.Bytes(2), &sample.Values) == nil {
				list = append(list, sample)
			}
		}
		return rows.Close()
	})
	return list, err
}

// deleteSamples deletes the samples of all servers.
func deleteSamples(ctx context.Context, db store.Store) error {
	return db.Write(ctx, func(tx store.Tx) error {
		_, err := tx.Exec(`DELETE FROM "_metrics"`)
		return err
	})
}

// millis returns the time in milliseconds of Unix time, the unit of the column at.
func millis(t time.Time) store.Value { return store.Float(float64(t.UnixMilli())) }
