package definition

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/yaml"
)

// maxFile is the maximum size of a file, in bytes: that of the body of a request that creates a
// collection.
const maxFile = 32 << 20

// FormatOf returns the format of a file by the extension of its name. ok is false for other
// extensions, as of a folder.
func FormatOf(path string) (f Format, ok bool) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json":
		return JSON, true
	case ".yaml", ".yml":
		return YAML, true
	}
	return "", false
}

// FileName returns the name of the file of a collection.
func FileName(c *schema.Collection, f Format) string { return url.PathEscape(c.Name) + string(f) }

// File is a collection that was read from a file.
type File struct {
	Path string
	Name string // the name of the collection
	JSON json.RawMessage
}

// Read returns the collections of a file, or of the files in a folder whose names end in .json,
// .yaml or .yml. Two files with the same name or id of a collection are an error. An error names
// the file.
func Read(path string) ([]File, error) {
	paths := []string{path}
	if _, single := FormatOf(path); !single {
		var err error
		if paths, err = files(path); err != nil {
			return nil, err
		}
		if len(paths) == 0 {
			return nil, fmt.Errorf("there is no file of a collection in %s", path)
		}
	}
	var list []File
	seen := map[string]string{} // the paths, by name in lower case and by id
	for _, path := range paths {
		f, id, err := readFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, key := range []string{"name " + strings.ToLower(f.Name), "id " + id} {
			if other := seen[key]; other != "" && key != "id " {
				return nil, fmt.Errorf("%s and %s are of the same collection: both have the %s", other, path, key)
			}
			seen[key] = path
		}
		list = append(list, *f)
	}
	return list, nil
}

// files returns the paths of the files in a folder that may have a collection.
func files(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if _, ok := FormatOf(e.Name()); ok && !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

func readFile(path string) (f *File, id string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, "", errors.Unwrap(err) // the caller adds the path
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, "", err
	}
	if len(text) > maxFile {
		return nil, "", fmt.Errorf("longer than %d MiB", maxFile>>20)
	}
	raw := json.RawMessage(text)
	if format, _ := FormatOf(path); format == YAML {
		if raw, err = yaml.ToJSON(text); err != nil {
			return nil, "", err
		}
	}
	var head struct {
		ID   string
		Name string
		Type string
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, "", headError(err)
	}
	switch {
	case head.Name == "":
		return nil, "", errors.New("no collection: it has no name")
	case head.Type != "" && !slices.Contains([]string{schema.Base, schema.Auth, schema.View}, head.Type):
		return nil, "", fmt.Errorf("the type %q is not one of base, auth and view", head.Type)
	}
	return &File{Path: path, Name: head.Name, JSON: raw}, head.ID, nil
}

// headError describes an error in the head of a file: the name of the property and the expected
// type.
func headError(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Field == "":
		return errors.New("no collection: it is no object")
	}
	return fmt.Errorf("%s must be a text, and is of the type %s", strings.ToLower(wrong.Field), wrong.Value)
}

// Write writes the collections to the folder dir, which it creates if it is missing, and removes
// the files of other collections. It returns the paths of written and removed files. Files with the
// right content are not written.
func Write(dir string, list []*schema.Collection, f Format) (changed []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	kept := map[string]bool{}
	for _, c := range list {
		path := filepath.Join(dir, FileName(c, f))
		kept[path] = true
		written, err := WriteFile(path, c, f)
		if err != nil {
			return changed, err
		}
		if written {
			changed = append(changed, path)
		}
	}
	paths, err := files(dir)
	if err != nil {
		return changed, err
	}
	for _, path := range paths {
		if kept[path] || !isDefinition(path) {
			continue
		}
		if err := os.Remove(path); err != nil {
			return changed, err
		}
		changed = append(changed, path)
	}
	return changed, nil
}

// isDefinition reports whether a file has the definition of a collection, so that Write may remove
// the file.
func isDefinition(path string) bool {
	f, _, err := readFile(path)
	if err != nil {
		return false
	}
	var part struct {
		Type      string
		Fields    []json.RawMessage
		ViewQuery string
	}
	return json.Unmarshal(f.JSON, &part) == nil && part.Type != "" && (part.Fields != nil || part.ViewQuery != "")
}

// WriteFile writes a collection to a file, all or nothing. written is false if the file already had
// the content.
func WriteFile(path string, c *schema.Collection, f Format) (written bool, err error) {
	text, err := Text(c, f)
	if err != nil {
		return false, err
	}
	if before, err := os.ReadFile(path); err == nil && string(before) == string(text) {
		return false, nil
	}
	part := path + ".part"
	if err := os.WriteFile(part, text, 0o644); err != nil {
		return false, err
	}
	return true, os.Rename(part, path)
}
