package api

import (
	"bytes"
	"context"
	"fmt"
	"net"
)

// bareWrites is the program that servers are compared with: for each line of its input, with
// a number of connections and of bytes, it writes that many bytes to each of them.
func bareWrites() {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	var conns []net.Conn
	for {
		var n, size int
		if _, err := fmt.Scan(&n, &size); err != nil {
			return
		}
		for len(conns) < n {
			conn, err := listener.Accept()
			if err != nil {
				panic(err)
			}
			conns = append(conns, conn)
		}
		text := bytes.Repeat([]byte("x"), size)
		for _, conn := range conns {
			if _, err := conn.Write(text); err != nil {
				panic(err)
			}
		}
		fmt.Println("written")
	}
}
