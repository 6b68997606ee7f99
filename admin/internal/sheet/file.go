package sheet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/loambase/loam/core/fault"
)

// MaxFile is the size limit of an imported file, in bytes.
const MaxFile = 64 << 20

// file is the content of an imported file.
type file struct {
	name     string
	format   Format
	encoding string // "UTF-8", "UTF-16", "Windows-1252"
	sep      byte   // the separator of a CSV
	columns  []string
	rows     []line
}

// line is a row of a file. Its number is the row number that a spreadsheet shows: row 1 is the
// header of a CSV, or the first object of a JSON file.
type line struct {
	number int
	cells  []cell   // by column
	beyond []string // the cells after the last column; nil if all of them are empty
}

// cell is the value of a row in a column.
type cell struct {
	text    string
	raw     json.RawMessage // the value in a JSON file; nil in a CSV
	missing bool            // the object lacks this key, or the row ends before this column
}

// read reads a CSV or JSON file. Faults: TooLarge, and Invalid for a malformed or empty file.
func read(name string, r io.Reader) (*file, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFile {
		return nil, fault.New(fault.TooLarge, fmt.Sprintf("The file is larger than %d MB.", MaxFile>>20))
	}
	f := &file{name: name}
	var text string
	text, f.encoding = Text(data)
	if first := strings.TrimSpace(text[:min(len(text), 4096)]); first == "" {
		return nil, fault.New(fault.Invalid, "The file is empty.")
	} else if first[0] == '[' || first[0] == '{' {
		return f, f.readJSON(text)
	}
	return f, f.readCSV(text)
}

// Text decodes the content of a text file, drops a byte order mark, and returns the encoding:
// "UTF-8", "UTF-16" or "Windows-1252". UTF-16 is recognised by its byte order mark or its zero
// bytes. Other bytes that are not valid UTF-8 are read as Windows-1252, which includes Latin-1.
func Text(data []byte) (text, encoding string) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return wide(data[2:], 0), "UTF-16"
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return wide(data[2:], 1), "UTF-16"
	}
	sample := data[:min(len(data), 400)]
	var zeros [2]int
	for i, b := range sample {
		if b == 0 {
			zeros[i%2]++
		}
	}
	for i, n := range zeros { // in little endian, the second byte of a Latin letter is zero
		if n > len(sample)/4 {
			return wide(data, 1-i), "UTF-16"
		}
	}
	if utf8.Valid(data) {
		return string(data), "UTF-8"
	}
	var b strings.Builder
	for _, c := range data {
		if c >= 0x80 && c < 0xa0 {
			b.WriteRune(windows[c-0x80])
		} else {
			b.WriteRune(rune(c))
		}
	}
	return b.String(), "Windows-1252"
}

// windows holds the characters of the bytes 0x80 to 0x9f in Windows-1252.
var windows = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

// wide decodes UTF-16. low is the index of the low byte in a unit of two bytes: 0 for little
// endian, 1 for big endian.
func wide(data []byte, low int) string {
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		units = append(units, uint16(data[i+low])|uint16(data[i+1-low])<<8)
	}
	return string(utf16.Decode(units))
}

// separators are the separators that sniff considers.
const separators = ",;\t|"

// sniff guesses the separator of a CSV: the separator that splits the header into the most cells.
// If two separators give the same number of cells, sniff prefers the separator that splits each of
// the first 20 rows into that number.
func sniff(text string) byte {
	best, most := byte(','), 0
	for i := range len(separators) {
		r := csvReader{text: text, sep: separators[i]}
		cells, even := 0, true
		for n := range 20 {
			row, err := r.next()
			if err != nil {
				break
			}
			if n == 0 {
				cells = len(row)
			}
			even = even && len(row) == cells
		}
		if score := 2*cells + map[bool]int{true: 1}[even]; cells > 1 && score > most {
			best, most = separators[i], score
		}
	}
	return best
}

// sepLine matches the line sep=; with which some spreadsheets begin a CSV to name its separator.
var sepLine = regexp.MustCompile(`^(?i:sep=)([,;\t|])\r?\n`)

func (f *file) readCSV(text string) error {
	r := csvReader{text: text}
	if m := sepLine.FindStringSubmatch(text); m != nil {
		r.sep, r.at, r.row = m[1][0], len(m[0]), 1
	} else {
		r.sep = sniff(text)
	}
	f.format, f.sep = CSV, r.sep
	for {
		row, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch {
		case f.columns == nil:
			f.columns = named(row)
		default:
			var beyond []string
			if len(row) > len(f.columns) && slices.ContainsFunc(row[len(f.columns):], func(text string) bool { return text != "" }) {
				beyond = row[len(f.columns):]
			}
			cells := make([]cell, len(f.columns))
			for i := range cells {
				if i < len(row) {
					cells[i].text = row[i]
				} else {
					cells[i].missing = true
				}
			}
			f.rows = append(f.rows, line{r.row, cells, beyond})
		}
	}
	if len(f.columns) == 0 {
		return fault.New(fault.Invalid, "The file has no row with names.")
	}
	return nil
}

// named makes column names from the cells of the header. The names are unique and not empty.
func named(row []string) []string {
	names := make([]string, len(row))
	for i, name := range row {
		name = strings.TrimSpace(name)
		if name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		for n, base := 2, name; slices.Contains(names[:i], name); n++ {
			name = fmt.Sprintf("%s (%d)", base, n)
		}
		names[i] = name
	}
	return names
}

// csvReader reads the rows of a CSV (RFC 4180). Beyond the RFC it accepts every kind of line end,
// quotes within an unquoted cell, and blank lines, which it skips.
type csvReader struct {
	text string
	sep  byte
	at   int
	row  int
}

func (r *csvReader) next() (cells []string, err error) {
	for r.at < len(r.text) && (r.text[r.at] == '\n' || r.text[r.at] == '\r') {
		if r.text[r.at] == '\n' || r.at+1 == len(r.text) || r.text[r.at+1] != '\n' {
			r.row++ // a blank line is a row of a spreadsheet
		}
		r.at++
	}
	if r.at >= len(r.text) {
		return nil, io.EOF
	}
	r.row++
	for {
		cell, err := r.cell()
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
		if r.at >= len(r.text) {
			return cells, nil
		}
		end := r.text[r.at]
		r.at++
		if end != r.sep {
			if end == '\r' && r.at < len(r.text) && r.text[r.at] == '\n' {
				r.at++
			}
			return cells, nil
		}
	}
}

// cell reads a cell and stops before the separator or the line end after it.
func (r *csvReader) cell() (string, error) {
	ends := string(r.sep) + "\r\n"
	if r.at >= len(r.text) || r.text[r.at] != '"' {
		begin := r.at
		if n := strings.IndexAny(r.text[r.at:], ends); n >= 0 {
			r.at += n
		} else {
			r.at = len(r.text)
		}
		return r.text[begin:r.at], nil
	}
	var b strings.Builder
	for r.at++; ; {
		n := strings.IndexByte(r.text[r.at:], '"')
		if n < 0 {
			return "", fault.New(fault.Invalid, fmt.Sprintf("Row %d has a quote that does not end.", r.row))
		}
		b.WriteString(r.text[r.at : r.at+n])
		r.at += n + 1
		if r.at < len(r.text) && r.text[r.at] == '"' {
			b.WriteByte('"')
			r.at++
			continue
		}
		if r.at < len(r.text) && strings.IndexByte(ends, r.text[r.at]) < 0 {
			return "", fault.New(fault.Invalid, fmt.Sprintf("Row %d has text behind the end of a quoted cell.", r.row))
		}
		return b.String(), nil
	}
}

// added lists the keys that the API adds to the fields of a record.
var added = []string{"collectionId", "collectionName", "expand"}

// readJSON reads an array of objects, a sequence of objects, or a response of the list endpoint of
// the API.
func (f *file) readJSON(text string) error {
	f.format = JSON
	objects, err := objectsOf(text)
	if err != nil {
		return err
	}
	at := map[string]int{}
	for _, object := range objects {
		keys := make([]string, 0, len(object))
		for key := range object {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			if slices.Contains(added, key) {
				continue
			}
			if _, known := at[key]; !known {
				at[key] = len(f.columns)
				f.columns = append(f.columns, key)
			}
		}
	}
	for i, object := range objects {
		cells := make([]cell, len(f.columns))
		for j, name := range f.columns {
			raw, ok := object[name]
			cells[j] = cell{raw: raw, missing: !ok}
		}
		f.rows = append(f.rows, line{number: i + 1, cells: cells})
	}
	if len(f.columns) == 0 {
		return fault.New(fault.Invalid, "The file has no values.")
	}
	return nil
}

func objectsOf(text string) (list []map[string]json.RawMessage, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	for {
		var value json.RawMessage
		if err = d.Decode(&value); err == io.EOF {
			return list, nil
		}
		if err == nil && value[0] == '[' {
			var objects []map[string]json.RawMessage
			err = json.Unmarshal(value, &objects)
			list = append(list, objects...)
		} else if err == nil {
			var object map[string]json.RawMessage
			if err = json.Unmarshal(value, &object); err == nil {
				list, err = unwrapped(list, object)
			}
		}
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, fmt.Sprintf("Line %d: the file is no list of JSON objects.", LineOf(text, err, int(d.InputOffset())-len(value))), err)
		}
	}
}

// LineOf returns the line number, from 1, of an error of package encoding/json in a JSON text. from
// is the offset of the decoded value in the text. A type error counts its offset from there, a
// syntax error from the beginning of the text.
func LineOf(text string, err error, from int) int {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		from = len(text)
	case errors.As(err, &syntax):
		from = int(syntax.Offset)
	case errors.As(err, &kind):
		from += int(kind.Offset)
	}
	return 1 + strings.Count(text[:max(0, min(len(text), from))], "\n")
}

// unwrapped appends the records of an object to the list: the items of a response of the list
// endpoint, or the object itself.
func unwrapped(list []map[string]json.RawMessage, object map[string]json.RawMessage) ([]map[string]json.RawMessage, error) {
	if object["items"] == nil || object["page"] == nil || object["perPage"] == nil {
		return append(list, object), nil
	}
	var items []map[string]json.RawMessage
	err := json.Unmarshal(object["items"], &items)
	return append(list, items...), err
}
