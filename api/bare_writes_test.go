package api

import (
	"bytes"
	"context"
	"fmt"
	"net"
)

// bareWrites is the program that the server is compared with. Each line of its input has a number
// of connections and a number of bytes: it writes the bytes to each of the connections.
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
