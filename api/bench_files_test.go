package api

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/coretest"
)

// plainFiles stores the files of a form durably, and serves them: the least work of any file
// server.
type plainFiles struct {
	dir  string
	last atomic.Int64
}

func (p *plainFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		http.ServeFile(w, r, filepath.Join(p.dir, r.URL.Path))
		return
	}
	name := fmt.Sprintf("file%d", p.last.Add(1))
	if err := p.store(r, name); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, `{"id":%q}`, name)
}

func (p *plainFiles) store(r *http.Request, name string) error {
	form, err := r.MultipartReader()
	if err != nil {
		return err
	}
	part, err := form.NextPart()
	if err != nil {
		return err
	}
	path := filepath.Join(p.dir, name)
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, part)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".part", path); err != nil {
		return err
	}
	dir, err := os.Open(p.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// BenchmarkFiles compares the server with plainFiles, alternately: ratio is the time of plainFiles
// divided by the time of the server.
func BenchmarkFiles(b *testing.B) {
	content := make([]byte, 1<<20)
	_, _ = rand.Read(content) // never fails
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "a.bin")
	if err == nil {
		_, err = part.Write(content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		b.Fatal(err)
	}
	app := coretest.New(b)
	coretest.Collection(b, app, `{"name":"papers","viewRule":"","createRule":"","fields":[{"name":"file","type":"file"}]}`)
	handler, err := (&Program{App: app}).Handler()
	if err != nil {
		b.Fatal(err)
	}
	ours := httptest.NewServer(handler)
	plain := httptest.NewServer(&plainFiles{dir: b.TempDir()})
	b.Cleanup(func() { ours.Close(); plain.Close() })

	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	do := func(method, url string) (text []byte) {
		r, err := http.NewRequestWithContext(b.Context(), method, url, nil)
		if method == http.MethodPost {
			r, err = http.NewRequestWithContext(b.Context(), method, url, bytes.NewReader(form.Bytes()))
			r.Header.Set("Content-Type", w.FormDataContentType())
		}
		if err != nil {
			b.Error(err)
			return nil
		}
		res, err := client.Do(r)
		if err != nil {
			b.Error(err)
			return nil
		}
		defer res.Body.Close()
		if text, err = io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK {
			b.Errorf("%s %s: %s %v", method, url, res.Status, err)
		}
		return text
	}
	upload := func(url string) (id, name string) {
		var made struct{ ID, File string }
		if err := json.Unmarshal(do(http.MethodPost, url), &made); err != nil {
			b.Error(err)
		}
		return made.ID, made.File
	}
	uploads := [2]string{plain.URL, ours.URL + "/api/collections/papers/records"}
	id, _ := upload(uploads[0])
	record, name := upload(uploads[1])
	downloads := [2]string{plain.URL + "/" + id, ours.URL + "/api/files/papers/" + record + "/" + name}
	for _, clients := range []int{1, 8} {
		b.Run(fmt.Sprintf("upload/%d", clients), func(b *testing.B) {
			compare(b, clients, func(i int) { upload(uploads[i]) })
		})
		b.Run(fmt.Sprintf("download/%d", clients), func(b *testing.B) {
			compare(b, clients, func(i int) { do(http.MethodGet, downloads[i]) })
		})
	}
}

// compare has that many clients do the first thing, and then the second one, in each round.
func compare(b *testing.B, clients int, do func(i int)) {
	var took [2]time.Duration
	for b.Loop() {
		for i := range took {
			began := time.Now()
			var all sync.WaitGroup
			for range clients {
				all.Go(func() { do(i) })
			}
			all.Wait()
			took[i] += time.Since(began)
		}
	}
	b.ReportMetric(float64(took[0])/float64(took[1]), "ratio")
}
