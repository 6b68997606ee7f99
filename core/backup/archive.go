// Reading an archive that may be anybody's: its names, and how much it may unpack to.

package backup

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
)

// limits bound what an archive may ask for. What is unpacked must also fit on the disk.
type limits struct {
	directory int64  // bytes of the list of its entries, which is read into memory
	entries   int    // of the archive
	ratio     uint64 // of the size of an entry to its packed size

	free func(dir string) (uint64, bool) // bytes of the disk of a folder, if that is known
}

func defaultLimits() limits {
	// Deflate makes of a byte 1032 at most: an entry that says more lies.
	return limits{directory: 256 << 20, entries: 2_000_000, ratio: 1032, free: freeSpace}
}

// archive is a zip that was looked through: its names are safe, and what it unpacks to is
// bounded.
type archive struct {
	database *zip.File
	logs     *zip.File            // nil for none
	files    map[string]*zip.File // by their path in the folder of files
	others   []string             // names of what does not belong into an archive of ours
	comment  string
	size     uint64 // of all of it, unpacked
}

// refused is the fault of an archive that cannot be restored.
func refused(format string, values ...any) error {
	return fault.New(fault.Invalid, "The archive cannot be restored: "+fmt.Sprintf(format, values...)+".")
}

// readArchive looks through the list of entries of a zip.
func (l *limits) readArchive(r io.ReaderAt, size int64) (*archive, error) {
	directory := &counted{r: r, left: l.directory}
	z, err := zip.NewReader(directory, size)
	switch {
	case directory.spent:
		return nil, refused("it has too many entries")
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, refused("it is no zip file, or only a part of one")
	case err != nil && !errors.Is(err, zip.ErrInsecurePath): // names are judged below
		return nil, err
	}
	directory.left = -1 // what follows is not counted
	if len(z.File) > l.entries {
		return nil, refused("it has more than %d entries", l.entries)
	}
	a := &archive{files: map[string]*zip.File{}, comment: z.Comment}
	packed := uint64(0)
	seen := make(map[string]bool, len(z.File))
	for _, f := range z.File {
		if seen[f.Name] {
			return nil, refused("it has %q twice", f.Name)
		}
		seen[f.Name] = true
		if err := l.checkEntry(f); err != nil {
			return nil, err
		}
		a.size += f.UncompressedSize64
		if packed += f.CompressedSize64; packed > uint64(size) {
			return nil, refused("its entries overlap")
		}
		a.put(f)
	}
	if a.database == nil {
		return nil, refused("it has no %s", databaseFile)
	}
	return a, nil
}

// put sorts an entry in.
func (a *archive) put(f *zip.File) {
	switch p, ok := strings.CutPrefix(f.Name, filesFolder); {
	case strings.HasSuffix(f.Name, "/"): // a folder, which follows from the files in it
	case f.Name == databaseFile:
		a.database = f
	case f.Name == logsFile:
		a.logs = f
	case ok && blob.ValidPath(p):
		a.files[p] = f
	default:
		a.others = append(a.others, f.Name)
	}
}

// databases is how many bytes the database and the logs unpack to.
func (a *archive) databases() uint64 {
	if a.logs == nil {
		return a.database.UncompressedSize64
	}
	return a.database.UncompressedSize64 + a.logs.UncompressedSize64
}

// sizeOf is how many bytes the files unpack to.
func (a *archive) sizeOf(paths []string) (total uint64) {
	for _, p := range paths {
		total += a.files[p].UncompressedSize64
	}
	return total
}

// checkEntry refuses what is no plain file or folder below the archive, and what claims to
// unpack to more than it can.
func (l *limits) checkEntry(f *zip.File) error {
	name := strings.TrimSuffix(f.Name, "/")
	mode := f.Mode()
	switch {
	case !blob.SafePath(name):
		return refused("the name %q leads out of it, or is none", f.Name)
	case !mode.IsRegular() && !mode.IsDir(), mode.IsDir() != strings.HasSuffix(f.Name, "/"):
		return refused("%q is neither a file nor a folder", f.Name)
	case f.Flags&1 != 0:
		return refused("%q is encrypted", f.Name)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return refused("%q is compressed in a way that is not known", f.Name)
	case f.Method == zip.Store && f.UncompressedSize64 != f.CompressedSize64,
		f.CompressedSize64 < f.UncompressedSize64/l.ratio:
		return refused("%q claims to unpack to %d bytes of %d", f.Name, f.UncompressedSize64, f.CompressedSize64)
	case f.UncompressedSize64 > 1<<62:
		return refused("%q is too large", f.Name)
	}
	return nil
}

// read calls use with the contents of an entry and then compares them with what the
// archive says of them: their length and their checksum.
func (a *archive) read(ctx context.Context, j *job, f *zip.File, use func(io.Reader) error) error {
	in, err := f.Open()
	if err != nil {
		return damaged(f, err)
	}
	defer in.Close()
	left := &exact{r: in, left: int64(f.UncompressedSize64)}
	counting := &reader{ctx, left, &j.done}
	if err := use(counting); err != nil {
		return damaged(f, err)
	}
	// The end is where the checksum is compared.
	if _, err := io.Copy(io.Discard, counting); err != nil {
		return damaged(f, err)
	}
	return nil
}

// errLonger is an entry with more bytes than the archive says.
var errLonger = errors.New("the entry is longer than it says")

// damaged makes a fault of an error that is the archive's.
func damaged(f *zip.File, err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errLonger) {
		return refused("%q in it is damaged", f.Name)
	}
	return fmt.Errorf("unpack %s: %w", f.Name, err)
}

// exact fails at a byte after those that were announced.
type exact struct {
	r    io.Reader
	left int64
}

func (e *exact) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if e.left -= int64(n); e.left < 0 {
		return 0, errLonger
	}
	return n, err
}

// counted reads at most so many bytes; -1 stands for all.
type counted struct {
	r     io.ReaderAt
	left  int64
	spent bool
}

func (c *counted) ReadAt(p []byte, at int64) (int, error) {
	if c.left >= 0 {
		if c.left -= int64(len(p)); c.left < 0 {
			c.left, c.spent = 0, true
			return 0, errors.New("the list of entries is too long")
		}
	}
	return c.r.ReadAt(p, at)
}
