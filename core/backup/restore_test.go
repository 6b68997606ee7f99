package backup_test

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/backup"
	"github.com/loambase/loam/core/fault"
)

// changedApp is an app in the state after.
type changedApp struct {
	*core.App
	second, third string // paths of files: second is in the backup only, third in the app only
}

// afterCopy calls then after each copy of the database.
type afterCopy struct {
	backup.Database
	then func()
}

func (d *afterCopy) Copy(ctx context.Context, path string, progress func(copied, total int64)) error {
	err := d.Database.Copy(ctx, path, progress)
	d.then()
	return err
}

// failing reads half of r and then fails with err.
type failing struct {
	r   *strings.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	if int64(f.r.Len()) < f.r.Size()/2 {
		return 0, f.err
	}
	return f.r.Read(p[:min(len(p), 1000)])
}

// faulty fails at call n of the operation op, counted from 0, and at all later calls if stays is
// true.
type faulty struct {
	backup.Tree
	op    string
	n     int
	err   error
	stays bool
}

func (f *faulty) fails(op string) error {
	if op != f.op {
		return nil
	}
	f.n--
	if f.n == -1 || f.n < 0 && f.stays {
		return &fs.PathError{Op: op, Path: "somewhere", Err: f.err}
	}
	return nil
}

func (f *faulty) Open(p string) (fs.File, error) {
	if err := f.fails("open"); err != nil {
		return nil, err
	}
	return f.Tree.Open(p)
}

func (f *faulty) Write(ctx context.Context, p, name string, r io.Reader) error {
	if err := f.fails("write"); err != nil {
		return err
	}
	return f.Tree.Write(ctx, p, name, r)
}

func (f *faulty) Place(p, name string) error {
	if err := f.fails("place"); err != nil {
		return err
	}
	return f.Tree.Place(p, name)
}

func (f *faulty) Aside(p, name string) error {
	if err := f.fails("aside"); err != nil {
		return err
	}
	return f.Tree.Aside(p, name)
}

func (f *faulty) Sync(p string) error {
	if err := f.fails("sync"); err != nil {
		return err
	}
	return f.Tree.Sync(p)
}

// broken is a database whose Replace fails: after the replacement if done is true, else before.
type broken struct {
	backup.Database
	done bool
}

func (d *broken) Replace(ctx context.Context, path string, progress func(copied, total int64), moment func()) error {
	if d.done {
		if err := d.Database.Replace(ctx, path, progress, moment); err != nil {
			return err
		}
	}
	return syscall.EIO
}

// TestRestoreThatFailsLeavesTheOldState makes each fallible step fail in turn.
func TestRestoreThatFailsLeavesTheOldState(t *testing.T) {
	t.Parallel()
	app := changed(t)
	b := app.Backups()
	files := filesIn(t, app.App, "storage")
	unchanged := func(what string) {
		t.Helper()
		if got := state(t, app.App); got != after {
			t.Errorf("%s: the state is %s, want the one before", what, got)
		}
		if got := filesIn(t, app.App, "storage"); !maps.Equal(got, files) {
			t.Errorf("%s: the files are %q, want %q", what, got, files)
		}
		noLeftovers(t, app.App)
	}
	// The archive adds two files, a blob and its attributes, and replaces one.
	for op, times := range map[string]int{"write": 3, "place": 3, "aside": 1, "sync": 2, "open": 1} {
		for n := range times {
			for _, cause := range []error{syscall.EXDEV, syscall.EBUSY} {
				what := fmt.Sprintf("%s %d: %v", op, n, cause)
				var inner backup.Tree
				b.WrapTree(func(tree backup.Tree) backup.Tree { inner = tree; return &faulty{Tree: tree, op: op, n: n, err: cause} })
				if err := b.Restore(t.Context(), root, "one.zip"); !errors.Is(err, cause) {
					t.Errorf("%s: Restore = %v", what, err)
				}
				b.WrapTree(func(backup.Tree) backup.Tree { return inner })
				unchanged(what)
			}
		}
	}
	var inner backup.Database
	b.WrapDatabase(func(d backup.Database) backup.Database { inner = d; return &broken{d, false} })
	if err := b.Restore(t.Context(), root, "one.zip"); !errors.Is(err, syscall.EIO) {
		t.Errorf("Restore = %v", err)
	}
	unchanged("the database")
	// A failure after the replacement leaves the restored state.
	b.WrapDatabase(func(backup.Database) backup.Database { return &broken{inner, true} })
	if err := b.Restore(t.Context(), root, "one.zip"); err != nil {
		t.Errorf("Restore = %v", err)
	}
	if got := state(t, app.App); got != before {
		t.Errorf("the state is %s", got)
	}
	noLeftovers(t, app.App)
}

// TestRestoreThatCannotBeUndone makes the undo fail as well. The next backup repeats it before it
// begins, and so does the next start.
func TestRestoreThatCannotBeUndone(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"the next backup", "the next start"} {
		app := changed(t)
		b := app.Backups()
		files := filesIn(t, app.App, "storage")
		unchanged := func(app *core.App) {
			t.Helper()
			if got := state(t, app); got != after {
				t.Errorf("undone by %s: the state is %s", by, got)
			}
			if got := filesIn(t, app, "storage"); !maps.Equal(got, files) {
				t.Errorf("undone by %s: the files are %q, want %q", by, got, files)
			}
			noLeftovers(t, app)
		}
		busy := &faulty{op: "place", n: 2, err: syscall.EBUSY, stays: true}
		b.WrapTree(func(tree backup.Tree) backup.Tree { busy.Tree = tree; return busy })
		if err := b.Restore(t.Context(), root, "one.zip"); !errors.Is(err, syscall.EBUSY) {
			t.Errorf("Restore = %v", err)
		}
		if _, err := b.Create(t.Context(), root, "two.zip"); !errors.Is(err, syscall.EBUSY) {
			t.Errorf("Create while the undo fails = %v", err)
		}
		if by == "the next backup" {
			busy.op = ""
			if _, err := b.Create(t.Context(), root, "two.zip"); err != nil {
				t.Errorf("Create = %v", err)
			}
			unchanged(app.App)
			continue
		}
		if err := app.Close(); err != nil {
			t.Fatal(err)
		}
		unchanged(openAgain(t, app.App, app.Config.Dir))
	}
}

// TestCrashOfARestore opens a copy of the folder as of each step of a restore.
func TestCrashOfARestore(t *testing.T) {
	ofSQLite(t) // a PostgreSQL database cannot be copied between two steps
	t.Parallel()
	app := changed(t)
	files := filesIn(t, app.App, "storage")
	left := map[string]string{}
	app.Backups().OnStep(func(name string) { left[name] = copyFolder(t, app.Config.Dir) })
	if err := app.Backups().Restore(t.Context(), root, "one.zip"); err != nil {
		t.Fatal(err)
	}
	restored := filesIn(t, app.App, "storage")
	want := map[string]string{"begun": after, "prepared": after, "planned": after, "written": after, "aside": after, "placed": after, "switched": before}
	for name, state_ := range want {
		dir, ok := left[name]
		if !ok {
			t.Errorf("there was no step %s", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			again := open(t, dir)
			if got := state(t, again); got != state_ {
				t.Errorf("the state is %s, want %s", got, state_)
			}
			want := files
			if state_ == before {
				want = restored
			}
			if got := filesIn(t, again, "storage"); !maps.Equal(got, want) {
				t.Errorf("the files are %q, want %q", got, want)
			}
			noLeftovers(t, again)
		})
	}
}

// tick waits until a new file has a later time than a file made before, since the clocks of file
// systems are coarse.
func tick(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tick")
	written := func() time.Time {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		return info.ModTime()
	}
	for first := written(); !written().After(first); {
	}
}

// TestFilesStoredDuringARestore checks that the files of a write to the restored state stay.
func TestFilesStoredDuringARestore(t *testing.T) {
	t.Parallel()
	app := changed(t)
	b := app.Backups()
	b.OnStep(func(name string) {
		if name == "switched" {
			tick(t)
			add(t, app.App, "third")
		}
	})
	if err := b.Restore(t.Context(), root, "one.zip"); err != nil {
		t.Fatal(err)
	}
	if got := state(t, app.App); got != "first: first; second: second; third: third" {
		t.Errorf("the state is %s", got)
	}
}

func TestArchivesThatAreRefused(t *testing.T) {
	ofSQLite(t)
	t.Parallel()
	app := changed(t)
	b := app.Backups()
	good := archiveOf(t, app.App, "one.zip")
	with := func(name, text string) func(*zip.Writer) {
		return func(z *zip.Writer) {
			addAll(t, z, good)
			addAll(t, z, map[string]string{name: text})
		}
	}
	header := func(h *zip.FileHeader, text string) func(*zip.Writer) {
		return func(z *zip.Writer) {
			addAll(t, z, good)
			w, err := z.CreateRaw(h)
			if err == nil {
				_, err = io.WriteString(w, text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	link := &zip.FileHeader{Name: "storage/link", UncompressedSize64: 4, CompressedSize64: 4}
	link.SetMode(fs.ModeSymlink | 0o777)
	device := &zip.FileHeader{Name: "storage/device"}
	device.SetMode(fs.ModeDevice | 0o666)
	database := []byte(good["data.db"])
	copy(database[len(database)/2:], strings.Repeat("damage", 4000))
	for name, c := range map[string]struct {
		pack func(*zip.Writer)
		want string
	}{
		"up":          {with("../up", "x"), "leads out"},
		"up in files": {with("storage/../../up", "x"), "leads out"},
		"absolute":    {with("/etc/passwd", "x"), "leads out"},
		"link":        {header(link, "/etc"), "neither a file nor a folder"},
		"device":      {header(device, ""), "neither a file nor a folder"},
		"twice":       {with("data.db", "x"), "twice"},
		"others":      {with("types.d.ts", "x"), "does not belong"},
		"temporary":   {with("storage/c/.tmp-x", "x"), "does not belong"},
		"bomb":        {header(&zip.FileHeader{Name: "storage/bomb", Method: zip.Deflate, UncompressedSize64: 1 << 40, CompressedSize64: 4}, "xxxx"), "claims to unpack"},
		"lie":         {header(&zip.FileHeader{Name: "storage/lie", UncompressedSize64: 1, CompressedSize64: 1, CRC32: 1}, "x"), "damaged"},
		"overlap":     {header(&zip.FileHeader{Name: "storage/lie", UncompressedSize64: 1 << 30, CompressedSize64: 1 << 30}, "x"), "overlap"},
		"method":      {header(&zip.FileHeader{Name: "storage/lzma", Method: 14}, ""), "compressed in a way"},
		"no database": {func(z *zip.Writer) { addAll(t, z, map[string]string{"storage/a": "x"}) }, "no data.db"},
		"text":        {func(z *zip.Writer) { addAll(t, z, map[string]string{"data.db": strings.Repeat("text ", 5000)}) }, "cannot be used"},
		"empty":       {func(z *zip.Writer) { addAll(t, z, map[string]string{"data.db": ""}) }, "cannot be used"},
		"damaged":     {func(z *zip.Writer) { addAll(t, z, map[string]string{"data.db": string(database)}) }, "cannot be used"},
		"newer":       {func(z *zip.Writer) { addAll(t, z, good); _ = z.SetComment(`{"loam":"9.1","schema":"0999_x"}`) }, "newer version of Loam, 9.1"},
	} {
		putArchive(t, app.App, "bad.zip", c.pack)
		if err := b.Restore(t.Context(), root, "bad.zip"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Restore = %v, want %q", name, err, c.want)
		}
	}
	text := filepath.Join(app.Config.Dir, "backups", "one.zip")
	whole, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(app.Config.Dir, "backups", "bad.zip"), whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Restore(t.Context(), root, "bad.zip"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "no zip file") {
		t.Errorf("half of an archive: %v", err)
	}
	b.LimitDisk(1 << 20)
	if err := b.Restore(t.Context(), root, "one.zip"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "MB of disk") {
		t.Errorf("on a small disk: %v", err)
	}
	b.LimitEntries(3, 1<<20)
	if err := b.Restore(t.Context(), root, "one.zip"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "more than 3 entries") {
		t.Errorf("with many entries: %v", err)
	}
	b.LimitEntries(1000, 200)
	if err := b.Restore(t.Context(), root, "one.zip"); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "too many entries") {
		t.Errorf("with a long list of entries: %v", err)
	}
	if got := state(t, app.App); got != after {
		t.Errorf("the state is %s", got)
	}
	noLeftovers(t, app.App)
}
