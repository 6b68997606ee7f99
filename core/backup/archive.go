// Reading an archive from an untrusted source: the names of its entries, and their unpacked size.

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

// limits bounds the resources that an archive may use. The unpacked files must also fit on the
// disk.
type limits struct {
	directory int64  // bytes of the zip's list of entries, which is read into memory
	entries   int    // entries in the archive
	ratio     uint64 // unpacked size of an entry to its packed size

	free func(dir string) (uint64, bool) // free bytes on the disk of a folder; false if unknown
}

func defaultLimits() limits {
	// Deflate expands one byte to 1032 at most: an entry with a higher ratio has a false size.
	return limits{directory: 256 << 20, entries: 2_000_000, ratio: 1032, free: freeSpace}
}

// archive is a zip whose list of entries was checked: the names are safe, and the unpacked size
// is bounded.
type archive struct {
	database *zip.File
	logs     *zip.File            // nil if there are none
	files    map[string]*zip.File // by their path in the folder of files
	others   []string             // entries that a backup of Loam does not have
	comment  string
	size     uint64 // of all entries, unpacked
}

// refused returns the Invalid fault of an archive that cannot be restored.
func refused(format string, values ...any) error {
	return fault.New(fault.Invalid, "The archive cannot be restored: "+fmt.Sprintf(format, values...)+".")
}

// readArchive reads and checks the list of entries of a zip.
func (l *limits) readArchive(r io.ReaderAt, size int64) (*archive, error) {
	directory := &counted{r: r, left: l.directory}
	z, err := zip.NewReader(directory, size)
	switch {
	case directory.spent:
		return nil, refused("it has too many entries")
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, refused("it is no zip file, or only a part of one")
	case err != nil && !errors.Is(err, zip.ErrInsecurePath): // checkEntry checks the names
		return nil, err
	}
	directory.left = -1 // no limit for the contents
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

// put records an entry under its kind: database, logs, file of a record or other.
func (a *archive) put(f *zip.File) {
	switch p, ok := strings.CutPrefix(f.Name, filesFolder); {
	case strings.HasSuffix(f.Name, "/"): // a folder follows from its files
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

// databases returns the unpacked size in bytes of the database and the logs.
func (a *archive) databases() uint64 {
	if a.logs == nil {
		return a.database.UncompressedSize64
	}
	return a.database.UncompressedSize64 + a.logs.UncompressedSize64
}

// sizeOf returns the unpacked size in bytes of the files at the paths.
func (a *archive) sizeOf(paths []string) (total uint64) {
	for _, p := range paths {
		total += a.files[p].UncompressedSize64
	}
	return total
}

// checkEntry refuses an entry that is not a plain file or folder below the archive, that is
// encrypted or compressed by an unknown method, or whose unpacked size is impossible.
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

// read calls use with the contents of an entry and then checks their length and checksum against
// the archive's list of entries.
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
	// The zip reader compares the checksum at the end of the entry.
	if _, err := io.Copy(io.Discard, counting); err != nil {
		return damaged(f, err)
	}
	return nil
}

// errLonger is the error of an entry that is longer than the archive's list of entries says.
var errLonger = errors.New("the entry is longer than it says")

// damaged turns an error that the archive causes into a fault. Other errors stay internal.
func damaged(f *zip.File, err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errLonger) {
		return refused("%q in it is damaged", f.Name)
	}
	return fmt.Errorf("unpack %s: %w", f.Name, err)
}

// exact reads left bytes from r and fails with errLonger if r has more.
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

// counted reads at most left bytes from r; -1 means no limit.
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
