// Command import loads rows of CSV into a collection and prints how many rows it loads per second.
// Without --hooks it uses InsertMany, which checks every row but runs no hooks.
//
//	import make 1000000 > rows.csv
//	import load rows.csv
//	import load --hooks rows.csv
package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/record"
)

const readings = `[{"id": "pbc_readings001", "name": "readings", "type": "base", "listRule": "", "fields": [
	{"name": "sensor", "type": "text", "required": true, "max": 50},
	{"name": "value", "type": "number"},
	{"name": "at", "type": "date"},
	{"name": "state", "type": "select", "values": ["ok", "late", "broken"]}]}]`

func main() { os.Exit(program().Main()) }

func program() *api.Program {
	app := core.New(core.Config{Dir: "import_data", Migrations: []core.Migration{{
		Name: "0001_readings",
		Up:   func(tx *core.Tx) error { return tx.SetCollections(readings) },
		Down: func(tx *core.Tx) error { return tx.SetCollections("[]", "readings") },
	}}})
	app.Hooks().Records.Before.BindFunc(func(e *record.WriteEvent) error {
		if e.Record.Number("value") > 1000 {
			e.Record.Set("state", "broken")
		}
		return nil
	}, "readings")
	return &api.Program{App: app, Name: "import", Short: "Rows of CSV into a collection", Commands: []*cobra.Command{
		makeCommand(), loadCommand(app),
	}}
}

func makeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "make N", Short: "Print N rows of CSV", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[0])
			if err != nil {
				return fmt.Errorf("%q is no number of rows", args[0])
			}
			out := bufio.NewWriter(cmd.OutOrStdout())
			fmt.Fprintln(out, "sensor,value,at,state")
			begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for i := range n {
				fmt.Fprintf(out, "sensor %d,%d.5,%s,ok\n", i%1000, i%1100, begin.Add(time.Duration(i)*time.Second).Format(time.DateTime))
			}
			return out.Flush()
		},
	}
}

func loadCommand(app *core.App) *cobra.Command {
	var hooks bool
	cmd := &cobra.Command{
		Use: "load FILE", Short: "Load the rows of a file", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer file.Close()
			if err := app.Open(cmd.Context(), core.Serve); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, app.Close()) }()
			began := time.Now()
			load := app.Records().InsertMany
			if hooks {
				load = batches(app)
			}
			n, err := load(cmd.Context(), "readings", rows(file))
			took := time.Since(began)
			fmt.Fprintf(cmd.OutOrStdout(), "%d rows in %s, %.0f a second\n", n, took.Round(time.Millisecond), float64(n)/took.Seconds())
			return err
		},
	}
	cmd.Flags().BoolVar(&hooks, "hooks", false, "run the hooks of the program for each row")
	return cmd
}

// rows returns the rows of a CSV file, by the names in its first line. It ends after an error.
func rows(file io.Reader) iter.Seq2[map[string]any, error] {
	return func(yield func(map[string]any, error) bool) {
		in := csv.NewReader(bufio.NewReaderSize(file, 1<<20))
		in.ReuseRecord = true
		names, err := in.Read()
		if err != nil {
			yield(nil, err)
			return
		}
		names = append([]string{}, names...)
		for {
			values, err := in.Read()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			row := make(map[string]any, len(names))
			for i, name := range names {
				row[name] = values[i]
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// batches returns a function like InsertMany that runs all hooks, with 1,000 rows in a transaction.
func batches(app *core.App) func(context.Context, string, iter.Seq2[map[string]any, error]) (int, error) {
	return func(ctx context.Context, collection string, rows iter.Seq2[map[string]any, error]) (n int, err error) {
		var batch []map[string]any
		flush := func() error {
			err := app.Transaction(ctx, func(tx *core.Tx) error {
				for i, row := range batch {
					if _, err := tx.Records.Create(tx.Context, record.Root(), collection, record.Input{Body: row}); err != nil {
						return fmt.Errorf("row %d: %w", n+i+1, err)
					}
				}
				return nil
			})
			if err == nil {
				n, batch = n+len(batch), batch[:0]
			}
			return err
		}
		for row, err := range rows {
			if err != nil {
				return n, err
			}
			if batch = append(batch, row); len(batch) == 1000 {
				if err := flush(); err != nil {
					return n, err
				}
			}
		}
		return n, flush()
	}
}
