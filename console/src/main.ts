import { createApp } from 'vue';
import App from './App.vue';
import { i18n, setLanguage } from './i18n';
import { router } from './router';
import './style/base.css';

setLanguage(i18n.global.locale.value);
createApp(App).use(i18n).use(router).mount('#app');
