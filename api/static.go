package api

import (
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/loambase/loam/api/wire"
	"github.com/loambase/loam/core/fault"
)

const index = "index.html"

// static serves the files of a folder, and the index of its top for whatever it
// does not have: the application there finds out what was meant. Links that lead
// out of the folder lead nowhere. The folder is looked up for every request, so it
// may come later or be replaced by another one.
type static struct{ folder string }

func (s static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	root := s.open()
	if root == nil {
		notFound(w)
		return
	}
	defer root.Close()
	name := strings.Trim(r.URL.Path, "/")
	if path.Base(r.URL.Path) == index {
		redirect(w, r, strings.TrimSuffix(r.URL.Path, index))
		return
	}
	info, err := root.Stat(orDot(name))
	switch isDir := strings.HasSuffix(r.URL.Path, "/"); {
	case err != nil:
	case info.IsDir() && !isDir:
		redirect(w, r, r.URL.Path+"/")
		return
	case info.IsDir():
		if serveFile(w, r, root, path.Join(name, index)) {
			return
		}
	case isDir:
		redirect(w, r, strings.TrimSuffix(r.URL.Path, "/"))
		return
	case serveFile(w, r, root, name):
		return
	}
	if !serveFile(w, r, root, index) {
		notFound(w)
	}
}

// open is the folder, nil if there is none.
func (s static) open() *os.Root {
	if s.folder == "" {
		return nil
	}
	root, err := os.OpenRoot(s.folder)
	if err != nil {
		return nil
	}
	return root
}

func orDot(name string) string {
	if name == "" {
		return "."
	}
	return name
}

// serveFile serves a regular file and says whether there is one.
func serveFile(w http.ResponseWriter, r *http.Request, root *os.Root, name string) bool {
	info, err := root.Stat(name)
	if err != nil || !info.Mode().IsRegular() { // to open a pipe is to wait for its writer
		return false
	}
	file, err := root.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	http.ServeContent(w, r, name, info.ModTime(), file)
	return true
}

// redirect sends the client to another path of this server. More than one slash
// at its beginning would lead to another server.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	to = "/" + strings.TrimLeft(to, `/\`)
	target := url.URL{Path: to, RawQuery: r.URL.RawQuery}
	http.Redirect(w, r, target.String(), http.StatusMovedPermanently)
}

func notFound(w http.ResponseWriter) {
	wire.Error(w, fault.Wrap(fault.NotFound, "File not found.", fs.ErrNotExist), false)
}
