package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"maps"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/coretest/enginetest"
	"github.com/loambase/loam/core/coretest/s3test"
	"github.com/loambase/loam/core/record"
)

// TestKillUnderUploads kills the real binary while it stores files, removes files and makes thumbs.
// After the next start every file that a record names exists, and the only other files are thumbs
// of these files.
func TestKillUnderUploads(t *testing.T) {
	if enginetest.Postgres() {
		t.Skip("with other servers, what one has left is removed an hour later")
	}
	t.Parallel()
	rounds := 3
	if testing.Short() {
		rounds = 1
	}
	t.Run("folder", func(t *testing.T) { killUnderUploads(t, prepare(t, coretest.DB(t)), rounds) })
	t.Run("bucket", func(t *testing.T) {
		p := prepare(t, coretest.DB(t))
		p.bucket = s3test.Start(t)
		killUnderUploads(t, p, 1)
	})
}

func killUnderUploads(t *testing.T, p *program, rounds int) {
	t.Helper()
	p.withPapers()
	p.start()
	for range rounds {
		var sent atomic.Int64
		var clients sync.WaitGroup
		for n := range 8 {
			clients.Go(func() {
				for p.paperwork(rand.New(rand.NewPCG(uint64(n), uint64(time.Now().UnixNano())))) == nil {
					sent.Add(1)
				}
			})
		}
		for tick := time.NewTicker(time.Millisecond); sent.Load() < 40; {
			<-tick.C
		}
		p.signal(syscall.SIGKILL)
		_ = p.wait() // its exit status says that it was killed
		clients.Wait()
		p.start()
		p.comparePapers()
	}
	p.signal(syscall.SIGTERM)
	if err := p.wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, &p.stderr)
	}
}

// withPapers creates a collection with fields for files.
func (p *program) withPapers() {
	p.t.Helper()
	app := core.New(core.Config{Dir: p.dir, DB: p.db})
	ctx := context.Background()
	if err := app.Open(ctx, core.Tool); err != nil {
		p.t.Fatal(err)
	}
	_, err := app.Collections().Create(ctx, record.Root(), []byte(`{"name":"papers","id":"papers_id","createRule":"","updateRule":"","deleteRule":"",
		"fields":[{"name":"one","type":"file"},{"name":"many","type":"file","maxSelect":9}]}`))
	if err == nil && p.bucket != nil {
		_, err = app.Settings().Patch(ctx, record.Root(), fmt.Appendf(nil,
			`{"s3":{"enabled":true,"endpoint":%q,"bucket":%q,"region":%q,"accessKey":%q,"secret":%q,"forcePathStyle":true}}`,
			p.bucket.URL, s3test.Bucket, s3test.Region, s3test.AccessKey, s3test.Secret))
	}
	if err != nil {
		p.t.Fatal(err)
	}
	if err := app.Close(); err != nil {
		p.t.Fatal(err)
	}
}

// paperwork creates a record with files, and may replace some files and delete the record. At the
// same time it requests a thumb of a file that may be removed.
func (p *program) paperwork(rng *rand.Rand) error {
	path := "/api/collections/papers/records"
	made, err := p.sendFiles(http.MethodPost, path, "one", "many", "many")
	if err != nil {
		return err
	}
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		if res, err := p.client.Get(p.url + "/api/files/papers/" + made.ID + "/" + made.One + "?thumb=100x100"); err == nil {
			res.Body.Close()
		}
	}()
	defer func() { <-asked }()
	if rng.IntN(3) == 0 {
		return nil
	}
	path += "/" + made.ID
	if _, err = p.sendFiles(http.MethodPatch, path, "one", "many+"); err != nil || rng.IntN(3) == 0 {
		return err
	}
	_, err = p.sendFiles(http.MethodDelete, path)
	return err
}

// paper is a record of the collection papers in an answer.
type paper struct{ ID, One string }

// picture is a small PNG.
var picture = func() []byte {
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 200, 200))); err != nil {
		panic(err)
	}
	return out.Bytes()
}()

// sendFiles sends a request with a small picture for each of the keys, and returns the record of
// the answer.
func (p *program) sendFiles(method, path string, keys ...string) (made paper, err error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, key := range keys {
		w, err := form.CreateFormFile(key, "paper.png")
		if err == nil {
			_, err = w.Write(picture)
		}
		if err != nil {
			return made, err
		}
	}
	if err := form.Close(); err != nil {
		return made, err
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, &body)
	if err != nil {
		return made, err
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	res, err := p.client.Do(r)
	if err != nil {
		return made, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		err = json.NewDecoder(res.Body).Decode(&made)
	}
	if res.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s", method, path, res.Status)
	}
	return made, err
}

// comparePapers waits until the stored files are the files that records name, and their thumbs.
// Files that records name must exist at once.
func (p *program) comparePapers() {
	p.t.Helper()
	want := p.namedPapers()
	there := p.storedPapers()
	for name := range want {
		if !there[name] {
			p.t.Errorf("a record names what is not there: %s", name)
		}
	}
	var got map[string]bool
	deadline := time.Now().Add(time.Minute)
	for tick := time.NewTicker(10 * time.Millisecond); time.Now().Before(deadline); <-tick.C {
		got = p.storedPapers()
		maps.DeleteFunc(got, func(path string, _ bool) bool {
			folder, thumb, found := strings.Cut(path, "/thumbs_")
			return found && want[folder+"/"+filepath.Dir(thumb)]
		})
		if maps.Equal(got, want) {
			return
		}
	}
	p.t.Errorf("there are the files\n%v\nwant\n%v\n%s", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)), &p.stderr)
}

// namedPapers returns the paths of the files that records name, and of the attributes file beside
// each file in a folder.
func (p *program) namedPapers() map[string]bool {
	p.t.Helper()
	db := enginetest.OpenAt(p.t, p.dir, p.db)
	defer db.Close()
	named := map[string]bool{}
	enginetest.Each(p.t, db, `SELECT "id" || '/' || "one" || ' ' || "many", 0 FROM "papers"`, func(row string, _ int64) {
		folder, names, _ := strings.Cut(row, "/")
		for name := range strings.FieldsFuncSeq(names, func(r rune) bool { return strings.ContainsRune(` [],"`, r) }) {
			path := "papers_id/" + folder + "/" + name
			named[path] = true
			if p.bucket == nil {
				named[path+".attrs"] = true
			}
		}
	})
	return named
}

// storedPapers returns the paths of the stored files.
func (p *program) storedPapers() map[string]bool {
	p.t.Helper()
	files := map[string]bool{}
	if p.bucket != nil {
		for _, key := range p.bucket.Keys() {
			files[key] = true
		}
		return files
	}
	err := fs.WalkDir(os.DirFS(filepath.Join(p.dir, "storage")), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files[path] = true
		}
		return nil // files may be removed during the walk
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return files
}
