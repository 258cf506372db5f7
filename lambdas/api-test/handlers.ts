import type { HandlersOf } from '../../shared/http/handler.ts'
import { testDrop } from './operations/test-drop.ts'
import { testListContactMessages } from './operations/test-list-contact-messages.ts'
import { testLogout } from './operations/test-logout.ts'
import { setPhone } from './operations/test-phone-online.ts'
import { testRead } from './operations/test-read.ts'
import { testReceive } from './operations/test-receive.ts'
import { testScan } from './operations/test-scan.ts'
import type { TestServices } from './services.ts'

export const makeTestHandlers = (services: TestServices): HandlersOf<'api-test'> => ({
  testScan: testScan(services),
  testReceive: testReceive(services),
  testDrop: testDrop(services),
  testPhoneOffline: setPhone(services, 'offline'),
  testPhoneOnline: setPhone(services, 'online'),
  testLogout: testLogout(services),
  testRead: testRead(services),
  testListContactMessages: testListContactMessages(services),
})
