package api

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// readPassword asks a person for a password, twice and without showing it. If in is not a terminal,
// it reads the first line.
func readPassword(in io.Reader, out io.Writer) (string, error) {
	if file, ok := in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return askPassword(int(file.Fd()), out)
	}
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", usagef("no PASSWORD is given, and none is on standard input")
	}
	return line, nil
}

func askPassword(terminal int, out io.Writer) (string, error) {
	var given [2]string
	for i, prompt := range [...]string{"Password: ", "Again: "} {
		fmt.Fprint(out, prompt)
		text, err := term.ReadPassword(terminal)
		fmt.Fprintln(out)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		given[i] = string(text)
	}
	if given[0] != given[1] {
		return "", errors.New("the two passwords differ")
	}
	return given[0], nil
}
