// socketpair(2), send(2), recv(2), shutdown(2): a pair of unix sockets keeps the borders of messages, a stream does not;
// after shutdown the peer reads the end of file, and sending to a closed peer is EPIPE.
// calls: socketpair sendto recvfrom sendmsg recvmsg shutdown
#include "../harness.h"
#include <sys/socket.h>
#include <sys/uio.h>

int main(void)
{
	int s[2];
	char buf[16];
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s) == 0);
	CHECK(send(s[0], "abc", 3, 0) == 3);
	struct iovec iov[2] = {{"de", 2}, {"fg", 2}};
	struct msghdr out = {.msg_iov = iov, .msg_iovlen = 2};
	CHECK(sendmsg(s[0], &out, 0) == 4);
	CHECK(recv(s[1], buf, sizeof buf, 0) == 3);
	CHECK(memcmp(buf, "abc", 3) == 0);
	struct iovec to = {buf, sizeof buf};
	struct msghdr in = {.msg_iov = &to, .msg_iovlen = 1};
	CHECK(recvmsg(s[1], &in, 0) == 4);
	CHECK(memcmp(buf, "defg", 4) == 0);
	CHECK_ERRNO(recv(s[1], buf, sizeof buf, MSG_DONTWAIT), EAGAIN);
	struct stat st;
	CHECK(fstat(s[0], &st) == 0);
	CHECK(S_ISSOCK(st.st_mode));
	CHECK(shutdown(s[0], SHUT_WR) == 0);
	CHECK(recv(s[1], buf, sizeof buf, 0) == 0);
	close(s[0]);
	CHECK_ERRNO(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_ERRNO(recv(0, buf, 1, 0), ENOTSOCK);
	return 0;
}
